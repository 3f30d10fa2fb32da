// Through the fence and back again: queries that call functions that run queries.
#include <string>

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "counted.hpp"

using namespace vvault;
using namespace vvault::pg;
using fence::Counted;

namespace {

const char *query_argument(FunctionCallInfo fcinfo, int position) {
    return call(
        +[](Datum value) { return TextDatumGetCString(value); }, PG_GETARG_DATUM(position));
}

void run(const char *query) {
    const Counted counted;
    const std::string copy = query;
    call(SPI_connect);
    if (call(SPI_execute, copy.c_str(), false, 0L) < 0)
        throw Error(Errc::internal, "cannot run a statement");
    call(SPI_finish);
}

}  // namespace

// run(query text)
VVAULT_FUNCTION(fence_run) {
    const Counted counted;
    run(query_argument(fcinfo, 0));
    PG_RETURN_VOID();
}

// run_each(queries text[]): a handler in ordinary code takes whatever each of them raises,
// as a library's might, and goes on to the next
VVAULT_FUNCTION(fence_run_each) {
    const Counted counted;
    ArrayType *queries = call(
        +[](Datum value) { return DatumGetArrayTypeP(value); }, PG_GETARG_DATUM(0));
    Datum *elements = nullptr;
    int count = 0;
    call(deconstruct_array, queries, Oid{TEXTOID}, -1, false, char{TYPALIGN_INT}, &elements,
         static_cast<bool **>(nullptr), &count);
    for (int i = 0; i < count; ++i) {
        try {
            run(call(
                +[](Datum value) { return TextDatumGetCString(value); }, elements[i]));
        } catch (...) {
        }
    }
    PG_RETURN_INT32(count);
}

// run_then_throw(query text): swallows what the query raises and throws an error of its own
VVAULT_FUNCTION(fence_run_then_throw) {
    const Counted counted;
    try {
        run(query_argument(fcinfo, 0));
    } catch (...) {
    }
    throw Error(Errc::invalid_argument, "an error of core's own");
}
