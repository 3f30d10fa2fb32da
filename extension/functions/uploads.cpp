// Uploads for the SQL functions: a part taken, compared, all of them made a version.
#include "pg/datum.hpp"
#include "pg/sealed_commitments.hpp"
#include "pg/uploads.hpp"

using namespace vvault;
using namespace vvault::pg;

namespace {

// The first three arguments of each: user_id, upload_id, scope_id or null.
Upload upload_argument(FunctionCallInfo fcinfo) {
    return {uuid_argument(fcinfo, 0), uuid_argument(fcinfo, 1), optional_uuid_argument(fcinfo, 2)};
}

SealedState state_argument(FunctionCallInfo fcinfo, int position) {
    return PG_ARGISNULL(position) ? std::nullopt : std::optional(bytes_argument(fcinfo, position));
}

std::uint32_t number_argument(FunctionCallInfo fcinfo, int position) {
    return static_cast<std::uint32_t>(PG_GETARG_INT32(position));
}

}  // namespace

// _append_part(user_id, upload_id, scope_id, number integer, state bytea or null, data bytea,
//              OUT state bytea, OUT refs bytea, OUT chunk_ids uuid[])
VVAULT_FUNCTION(vvault_append_part) {
    const AppendedPart part = append_part(upload_argument(fcinfo), number_argument(fcinfo, 3),
                                          state_argument(fcinfo, 4), bytes_argument(fcinfo, 5));
    const Datum values[] = {part.state, part.refs, uuid_array_datum(part.chunks)};
    const bool nulls[] = {false, false, false};
    return row_result(fcinfo, values, nulls);
}

// _is_part(user_id, upload_id, scope_id, number integer, refs bytea, data bytea) → boolean
VVAULT_FUNCTION(vvault_is_part) {
    PG_RETURN_BOOL(is_part(upload_argument(fcinfo), number_argument(fcinfo, 3),
                           bytes_argument(fcinfo, 4), bytes_argument(fcinfo, 5)));
}

// _upload_digest(user_id, upload_id, scope_id, state bytea or null) → bytea
VVAULT_FUNCTION(vvault_upload_digest) {
    return bytea_datum(upload_digest(upload_argument(fcinfo), state_argument(fcinfo, 3)));
}

// _store_upload(user_id, upload_id, scope_id, state bytea or null, file_id, version, metadata
//               text or null, before or null, only_if_it_differs boolean, OUT info bytea,
//               OUT is_stored boolean)
// As _store_version().
VVAULT_FUNCTION(vvault_store_upload) {
    const Upload upload = upload_argument(fcinfo);
    const FileVersion version{upload.owner, uuid_argument(fcinfo, 4), PG_GETARG_INT64(5)};
    const auto before = PG_ARGISNULL(7) ? std::nullopt : std::optional(PG_GETARG_INT64(7));
    const auto stored = store_upload(version, upload, state_argument(fcinfo, 3),
                                     optional_text_argument(fcinfo, 6).value_or(""), before,
                                     PG_GETARG_BOOL(8) ? Store::if_it_differs : Store::always);
    if (stored) announce_commitment(version.owner, version.file, stored->commitment);
    const std::optional<Datum> info = stored ? stored->info : std::nullopt;
    const Datum values[] = {info.value_or(0), BoolGetDatum(stored.has_value())};
    const bool nulls[] = {!info, false};
    return row_result(fcinfo, values, nulls);
}

// _reseal_upload(user_id, upload_id, scope_id, number integer, sealed bytea) → bytea
VVAULT_FUNCTION(vvault_reseal_upload) {
    if (PG_ARGISNULL(4)) PG_RETURN_NULL();
    return reseal_upload(upload_argument(fcinfo), number_argument(fcinfo, 3),
                         bytes_argument(fcinfo, 4));
}
