// What an error may leave behind: objects, memory, time.
#include <cstdio>

#include <unistd.h>

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "counted.hpp"

using namespace vvault;
using namespace vvault::pg;
using fence::Counted;

namespace {

std::int64_t resident_bytes() {
    long total = 0;
    long resident = 0;
    std::FILE *file = std::fopen("/proc/self/statm", "r");
    if (file == nullptr) throw Error(Errc::internal, "/proc/self/statm cannot be read");
    const int fields = std::fscanf(file, "%ld %ld", &total, &resident);
    std::fclose(file);
    if (fields != 2) throw Error(Errc::internal, "/proc/self/statm has another form");
    return static_cast<std::int64_t>(resident) * sysconf(_SC_PAGESIZE);
}

}  // namespace

// live_objects() → integer
VVAULT_FUNCTION(fence_live_objects) {
    PG_RETURN_INT32(fence::live_objects);
}

// forget_live_objects(): after a test that leaves some on purpose
VVAULT_FUNCTION(fence_forget_live_objects) {
    fence::live_objects = 0;
    PG_RETURN_VOID();
}

// resident_bytes() → bigint
VVAULT_FUNCTION(fence_resident_bytes) {
    PG_RETURN_INT64(resident_bytes());
}

// spin(): for ever, but for interrupts
VVAULT_FUNCTION(fence_spin) {
    const Counted counted;
    for (;;) check_for_interrupts();
}

// calls_across(number integer): so many guarded calls of a function that does nothing
VVAULT_FUNCTION(fence_calls_across) {
    const int number = PG_GETARG_INT32(0);
    int sum = 0;
    for (int i = 0; i < number; ++i)
        sum += call(
            +[](int value) { return value & 1; }, i);
    PG_RETURN_INT32(sum);
}
