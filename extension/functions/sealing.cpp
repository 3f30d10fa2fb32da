// What people wrote, sealed and opened. Each function names the place that the bytes
// belong to; the keys stay behind pg/data_keys and never pass through SQL.
#include <array>
#include <optional>
#include <string>

#include "core/digest.hpp"
#include "core/envelope.hpp"
#include "core/error.hpp"
#include "core/fingerprint.hpp"
#include "core/ledger_leaf.hpp"
#include "pg/data_keys.hpp"
#include "pg/datum.hpp"
#include "pg/message_seal.hpp"
#include "pg/sealed_values.hpp"
#include "pg/root_keys.hpp"

using namespace vvault;
using namespace vvault::pg;

namespace {

Place message_place(FunctionCallInfo fcinfo, Kind kind) {
    return {.kind = kind, .owner = uuid_argument(fcinfo, 0), .object = uuid_argument(fcinfo, 1)};
}

std::string_view tail(const SecretBytes &body, std::size_t from) {
    if (body.size() < from) throw Error(Errc::does_not_open, "sealed value does not open");
    return as_text(ByteView(body).subspan(from));
}

}  // namespace

// _seal_message(user_id, message_id, content text, metadata text or null, construct_id,
//               OUT content bytea, OUT metadata bytea, OUT commitment bytea)
VVAULT_FUNCTION(vvault_seal_message) {
    const auto metadata = optional_text_argument(fcinfo, 3);
    const SealedMessage sealed =
        seal_message(uuid_argument(fcinfo, 0), uuid_argument(fcinfo, 4), uuid_argument(fcinfo, 1),
                     text_argument(fcinfo, 2), metadata);
    const Datum values[] = {sealed.content, sealed.metadata.value_or(0),
                            bytea_datum(sealed.commitment)};
    const bool nulls[] = {false, !sealed.metadata, false};
    return row_result(fcinfo, values, nulls);
}

// _open_message(user_id, message_id, sealed bytea) → text
VVAULT_FUNCTION(vvault_open_message) {
    const SecretBytes body =
        open_at(message_place(fcinfo, Kind::message_content), bytes_argument(fcinfo, 2));
    return text_datum(tail(body, message_blind_size));
}

// _open_metadata(user_id, message_id, sealed bytea) → text
VVAULT_FUNCTION(vvault_open_metadata) {
    const SecretBytes body =
        open_at(message_place(fcinfo, Kind::message_metadata), bytes_argument(fcinfo, 2));
    return text_datum(tail(body, 0));
}

// _seal_title(user_id, session_id, title text, construct_id) → bytea
VVAULT_FUNCTION(vvault_seal_title) {
    return seal_at(message_place(fcinfo, Kind::session_title), uuid_argument(fcinfo, 3),
                   bytes_argument(fcinfo, 2));
}

// _open_title(user_id, session_id, sealed bytea) → text, null where its key was destroyed
VVAULT_FUNCTION(vvault_open_title) {
    const auto body =
        open_unless_shredded(message_place(fcinfo, Kind::session_title), bytes_argument(fcinfo, 2));
    if (!body) PG_RETURN_NULL();
    return text_datum(tail(*body, 0));
}

// _fingerprints(user_id, construct_id, VARIADIC parts text[]) → text[]: the same parts give the
// same answers for this construct of this user, and nobody without its key can test a guess
// against them. The first is what is stored from now on; the others are what may be stored
// already, under lookup keys that were rotated.
VVAULT_FUNCTION(vvault_fingerprints) {
    const Uuid owner = uuid_argument(fcinfo, 0);
    const Scope scope = uuid_argument(fcinfo, 1);
    const auto parts = texts_argument(fcinfo, 2);
    std::vector<Datum> answers;
    const auto add = [&](const SecretKey &key) {
        answers.push_back(text_datum(fingerprint(key, parts)));
    };
    add(*active_data_key(owner, KeyPurpose::lookup, scope).key);
    for (const std::uint64_t id : older_lookup_keys(owner, scope)) add(data_key(owner, id));
    ArrayType *array = call(construct_array, answers.data(), static_cast<int>(answers.size()),
                            Oid{TEXTOID}, -1, false, char{TYPALIGN_INT});
    return PointerGetDatum(array);
}

// _ring_is_there() → boolean
VVAULT_FUNCTION(vvault_ring_is_there) {
    PG_RETURN_BOOL(root_keys_available());
}
