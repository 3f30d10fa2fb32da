// Versions of files for the SQL functions: stored, repeated, read.
#include "pg/datum.hpp"
#include "pg/file_versions.hpp"

using namespace vvault;
using namespace vvault::pg;

namespace {

FileVersion version_argument(FunctionCallInfo fcinfo) {
    return {uuid_argument(fcinfo, 0), uuid_argument(fcinfo, 1), PG_GETARG_INT64(2)};
}

std::optional<std::int64_t> optional_number(FunctionCallInfo fcinfo, int position) {
    return PG_ARGISNULL(position) ? std::nullopt : std::optional(PG_GETARG_INT64(position));
}

Datum stored_row(FunctionCallInfo fcinfo, const StoredVersion &stored) {
    const Datum values[] = {stored.info, bytea_datum(stored.commitment),
                            Int32GetDatum(stored.continues)};
    const bool nulls[] = {false, false, false};
    return row_result(fcinfo, values, nulls);
}

}  // namespace

// _store_version(user_id, file_id, version, content, metadata text or null, before or null,
//                OUT info bytea, OUT commitment bytea, OUT continues integer)
VVAULT_FUNCTION(vvault_store_version) {
    return stored_row(fcinfo, store_version(version_argument(fcinfo), bytes_argument(fcinfo, 3),
                                            optional_text_argument(fcinfo, 4).value_or(""),
                                            optional_number(fcinfo, 5)));
}

// _repeat_version(user_id, file_id, version, old, before or null, OUT as above)
VVAULT_FUNCTION(vvault_repeat_version) {
    return stored_row(fcinfo, repeat_version(version_argument(fcinfo), PG_GETARG_INT64(3),
                                             optional_number(fcinfo, 4)));
}

// _standalone_info(user_id, file_id, version) → bytea
VVAULT_FUNCTION(vvault_standalone_info) {
    return standalone_info(version_argument(fcinfo));
}

// _read_version(user_id, file_id, version) → bytea
VVAULT_FUNCTION(vvault_read_version) {
    return read_version(version_argument(fcinfo));
}

// _read_version_range(user_id, file_id, version, first, length) → bytea; neither is negative
VVAULT_FUNCTION(vvault_read_version_range) {
    return read_range(version_argument(fcinfo), static_cast<std::uint64_t>(PG_GETARG_INT64(3)),
                      static_cast<std::uint64_t>(PG_GETARG_INT64(4)));
}

// _open_file_info(user_id, file_id, version, sealed bytea, OUT sha256 text, OUT metadata text)
// Both null where the key was destroyed.
VVAULT_FUNCTION(vvault_open_file_info) {
    const auto info =
        open_info_unless_shredded(version_argument(fcinfo), bytes_argument(fcinfo, 3));
    const Datum values[] = {info ? text_datum(hex(info->sha256)) : 0,
                            info ? text_datum(info->metadata) : 0};
    const bool nulls[] = {!info, !info || info->metadata.empty()};
    return row_result(fcinfo, values, nulls);
}
