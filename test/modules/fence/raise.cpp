// One function for each kind of error that can meet the fence, each below living objects.
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "counted.hpp"

using namespace vvault;
using namespace vvault::pg;
using fence::Counted;

extern "C" {
PG_MODULE_MAGIC;
}

namespace {

std::string text_argument(FunctionCallInfo fcinfo, int position) {
    if (PG_ARGISNULL(position)) return {};
    return call(
        +[](Datum value) { return TextDatumGetCString(value); }, PG_GETARG_DATUM(position));
}

void raise_in_backend() {
    ereport(ERROR, errcode(ERRCODE_RAISE_EXCEPTION), errmsg("the backend says no"),
            errdetail("Said by the backend."), errhint("Ask the backend."));
}

// A stack of frames that all have something to destroy.
int below(int depth, void (*raise)()) {
    const Counted counted;
    const std::vector<std::string> texts(3, std::string(100, 'y'));
    if (depth > 0) return below(depth - 1, raise) + 1;
    raise();
    return static_cast<int>(texts.size());
}

}  // namespace

// raise_core(code integer, message text, detail text, hint text)
VVAULT_FUNCTION(fence_raise_core) {
    const Counted counted;
    throw Error(static_cast<Errc>(PG_GETARG_INT32(0)), text_argument(fcinfo, 1))
        .detail(text_argument(fcinfo, 2))
        .hint(text_argument(fcinfo, 3));
}

// raise_bad_alloc(): a request that no machine can serve
VVAULT_FUNCTION(fence_raise_bad_alloc) {
    const Counted counted;
    volatile std::size_t absurd = std::numeric_limits<std::ptrdiff_t>::max();
    const std::vector<char> block(absurd);
    PG_RETURN_INT32(block[0]);
}

// raise_length_error(): a vector that is longer than a vector can be
VVAULT_FUNCTION(fence_raise_length_error) {
    const Counted counted;
    volatile std::size_t absurd = std::numeric_limits<std::size_t>::max();
    std::vector<char> block;
    block.reserve(absurd);
    PG_RETURN_INT32(0);
}

// raise_standard(message text)
VVAULT_FUNCTION(fence_raise_standard) {
    const Counted counted;
    throw std::runtime_error(text_argument(fcinfo, 0));
}

// raise_number(): something that is no exception at all
VVAULT_FUNCTION(fence_raise_number) {
    const Counted counted;
    throw 42;
}

// raise_backend(depth integer): an error of the backend below so many C++ frames
VVAULT_FUNCTION(fence_raise_backend) {
    PG_RETURN_INT32(below(PG_GETARG_INT32(0), [] { call(raise_in_backend); }));
}

// raise_unguarded(): the same without the fence, to show that the meters notice
VVAULT_FUNCTION(fence_raise_unguarded) {
    const Counted counted;
    const std::vector<char> block(4096, 'z');
    raise_in_backend();
    PG_RETURN_INT32(block[0]);
}
