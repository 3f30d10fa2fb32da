// What opens a commitment to content: the blind that was sealed with it, and the content's hash.
#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/file_info.hpp"
#include "pg/datum.hpp"
#include "pg/message_seal.hpp"
#include "pg/sealed_values.hpp"
#include "pg/whole_version.hpp"

using namespace vvault;
using namespace vvault::pg;

// _message_opening(user_id, message_id, sealed bytea, OUT blind bytea, OUT content_sha256 bytea)
// Both null where the key was destroyed.
VVAULT_FUNCTION(vvault_message_opening) {
    const Place place{.kind = Kind::message_content,
                      .owner = uuid_argument(fcinfo, 0),
                      .object = uuid_argument(fcinfo, 1)};
    const auto body = open_unless_shredded(place, bytes_argument(fcinfo, 2));
    if (body && body->size() < message_blind_size)
        throw Error(Errc::does_not_open, "sealed value does not open");
    const bool gone = !body;
    const ByteView bytes = gone ? ByteView{} : ByteView(*body);
    const Datum values[] = {gone ? 0 : bytea_datum(bytes.first(message_blind_size)),
                            gone ? 0 : bytea_datum(sha256({bytes.subspan(message_blind_size)}))};
    const bool nulls[] = {gone, gone};
    return row_result(fcinfo, values, nulls);
}

// _version_opening(user_id, file_id, version, OUT blind bytea, OUT content_sha256 bytea,
//                  OUT metadata text)
// All null where the key was destroyed; metadata also where there is none.
VVAULT_FUNCTION(vvault_version_opening) {
    const FileVersion version{uuid_argument(fcinfo, 0), uuid_argument(fcinfo, 1),
                              PG_GETARG_INT64(2)};
    const auto whole = find_whole_version(version);
    const bool gone = !whole;
    const auto number = static_cast<std::uint64_t>(version.number);
    const Datum values[] = {gone ? 0 : bytea_datum(version_blind(whole->seed, number)),
                            gone ? 0 : bytea_datum(whole->sha256),
                            gone ? 0 : text_datum(whole->metadata)};
    const bool nulls[] = {gone, gone, gone || whole->metadata.empty()};
    return row_result(fcinfo, values, nulls);
}
