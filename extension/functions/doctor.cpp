// What vvault.doctor() cannot ask SQL: facts of the server's process, none of them secret.
#include <array>
#include <fstream>
#include <string>

#include <sodium.h>
#include <sys/resource.h>

#include "pg/datum.hpp"

using namespace vvault::pg;

namespace {

// Sessions load the library before their first statement, so that the log guard sees that one.
bool is_preloaded() {
    for (const char *setting : {"session_preload_libraries", "shared_preload_libraries"}) {
        const char *value = call(GetConfigOption, setting, true, false);
        if (value != nullptr && std::string_view(value).find("vvault") != std::string_view::npos)
            return true;
    }
    return false;
}

// A pattern that names a program gets every dump, whatever the limit.
bool may_dump_core() {
    std::string pattern;
    std::ifstream("/proc/sys/kernel/core_pattern") >> pattern;
    struct rlimit limit;
    return pattern.starts_with('|') || getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_cur != 0;
}

bool can_lock_memory() {
    std::array<unsigned char, 4096> page;
    const bool locked = sodium_mlock(page.data(), page.size()) == 0;
    sodium_munlock(page.data(), page.size());
    return locked;
}

}  // namespace

// _server_facts(OUT preloaded boolean, OUT dumps_core boolean, OUT locks_memory boolean)
VVAULT_FUNCTION(vvault_server_facts) {
    const Datum values[] = {BoolGetDatum(is_preloaded()), BoolGetDatum(may_dump_core()),
                            BoolGetDatum(can_lock_memory())};
    const bool nulls[] = {false, false, false};
    return row_result(fcinfo, values, nulls);
}
