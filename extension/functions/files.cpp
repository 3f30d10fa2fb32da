// Versions of files for the SQL functions: stored, repeated, read.
#include "pg/datum.hpp"
#include "pg/file_versions.hpp"
#include "pg/sealed_commitments.hpp"
#include "pg/whole_version.hpp"

using namespace vvault;
using namespace vvault::pg;

namespace {

FileVersion version_argument(FunctionCallInfo fcinfo) {
    return {uuid_argument(fcinfo, 0), uuid_argument(fcinfo, 1), PG_GETARG_INT64(2)};
}

std::optional<std::int64_t> optional_number(FunctionCallInfo fcinfo, int position) {
    return PG_ARGISNULL(position) ? std::nullopt : std::optional(PG_GETARG_INT64(position));
}

// The commitment goes to the ledger only, by the trigger of the row that is added next.
Datum stored_row(FunctionCallInfo fcinfo, const FileVersion &version,
                 const std::optional<StoredVersion> &stored) {
    if (stored) announce_commitment(version.owner, version.file, stored->commitment);
    const std::optional<Datum> info = stored ? stored->info : std::nullopt;
    const Datum values[] = {info.value_or(0), BoolGetDatum(stored.has_value())};
    const bool nulls[] = {!info, false};
    return row_result(fcinfo, values, nulls);
}

}  // namespace

// _store_version(user_id, file_id, version, content, metadata text or null, before or null,
//                only_if_it_differs boolean, OUT info bytea, OUT is_stored boolean)
// Not stored where it does not differ.
VVAULT_FUNCTION(vvault_store_version) {
    const Store when = PG_GETARG_BOOL(6) ? Store::if_it_differs : Store::always;
    const FileVersion version = version_argument(fcinfo);
    return stored_row(fcinfo, version,
                      store_version(version, bytes_argument(fcinfo, 3),
                                    optional_text_argument(fcinfo, 4).value_or(""),
                                    optional_number(fcinfo, 5), when));
}

// _repeat_version(user_id, file_id, version, old, before or null, OUT as above)
VVAULT_FUNCTION(vvault_repeat_version) {
    const FileVersion version = version_argument(fcinfo);
    return stored_row(fcinfo, version,
                      repeat_version(version, PG_GETARG_INT64(3), optional_number(fcinfo, 4)));
}

// _standalone_info(user_id, file_id, version) → bytea, null where the version's row is right
VVAULT_FUNCTION(vvault_standalone_info) {
    const auto info = standalone_info(version_argument(fcinfo));
    if (!info) PG_RETURN_NULL();
    return *info;
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

// _open_file_info(user_id, file_id, version, sealed bytea or null, OUT sha256 text,
//                 OUT metadata text); sealed is what the version's row has
// Both null where the key was destroyed.
VVAULT_FUNCTION(vvault_open_file_info) {
    const std::optional<ByteView> sealed =
        PG_ARGISNULL(3) ? std::nullopt : std::optional(bytes_argument(fcinfo, 3));
    const auto told = find_past_version(version_argument(fcinfo), sealed);
    const Datum values[] = {told ? text_datum(hex(told->sha256)) : 0,
                            told ? text_datum(told->metadata) : 0};
    const bool nulls[] = {!told, !told || told->metadata.empty()};
    return row_result(fcinfo, values, nulls);
}
