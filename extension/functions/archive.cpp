// The archive that leaves the vault.
#include "core/tar.hpp"
#include "pg/datum.hpp"

using namespace vvault;
using namespace vvault::pg;

// _tar_entry(path text, modified timestamptz, content bytea) → bytea
VVAULT_FUNCTION(vvault_tar_entry) {
    constexpr std::int64_t second_us = 1000000;
    const TimestampTz modified = PG_GETARG_TIMESTAMPTZ(1);
    return bytea_datum(tar_entry(
        {.path = text_argument(fcinfo, 0),
         .modified_s = TIMESTAMP_NOT_FINITE(modified) ? 0 : unix_microseconds(modified) / second_us,
         .content = bytes_argument(fcinfo, 2)}));
}

// _tar_end() → bytea
VVAULT_FUNCTION(vvault_tar_end) {
    return bytea_datum(tar_end());
}
