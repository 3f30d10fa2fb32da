// The short way of a message into the vault: its conversation's counter and its own row,
// written without the SQL layer. What is not quite ordinary goes the long way, through the
// functions in SQL, which also say what is wrong with it.
#include <optional>
#include <string>

#include "core/timestamp.hpp"
#include "core/uuid.hpp"
#include "pg/datum.hpp"
#include "pg/direct_rows.hpp"
#include "pg/identity.hpp"
#include "pg/message_seal.hpp"

extern "C" {
#include "utils/jsonb.h"
}

using namespace vvault;
using namespace vvault::pg;

namespace {

// The limits are those of vvault._check_message(), or below.
constexpr std::size_t short_text_limit = 100;
constexpr std::size_t content_limit = 16777216;
constexpr std::size_t metadata_limit = 1048576;

bool is_short(const std::optional<std::string_view> &text) {
    return !text || text->size() <= short_text_limit;
}

// The arguments of append_message(), as _append_own() has them.
struct NewMessage {
    explicit NewMessage(FunctionCallInfo fcinfo)
        : role(optional_text_argument(fcinfo, 1)),
          content(optional_text_argument(fcinfo, 2)),
          client_id(optional_text_argument(fcinfo, 3)),
          seat(optional_text_argument(fcinfo, 4)),
          model(optional_text_argument(fcinfo, 5)),
          timestamp(optional_text_argument(fcinfo, 8)) {
        if (!PG_ARGISNULL(6)) created_at = PG_GETARG_TIMESTAMPTZ(6);
        if (!PG_ARGISNULL(7)) read_metadata(call(pg_detoast_datum, varlena_of(PG_GETARG_DATUM(7))));
    }

    // A message without a client_id that brings its time is known again by a keyed digest,
    // and a system message may mark its conversation: both go the long way.
    bool is_ordinary() const {
        return role && (*role == "user" || *role == "assistant") && content && !content->empty() &&
               content->size() <= content_limit && is_short(client_id) && is_short(seat) &&
               is_short(model) && is_short(timestamp) && metadata_is_ordinary &&
               (client_id ? !client_id->empty() && !client_id->starts_with("vv:") : !timestamp) &&
               (!created_at || !TIMESTAMP_NOT_FINITE(*created_at));
    }

    // Microseconds since 1970: the time as the sender wrote it, else created_at, else now.
    std::int64_t moment() const {
        if (timestamp)
            if (const auto parsed = parse_timestamp(*timestamp)) return *parsed;
        if (created_at) return unix_microseconds(*created_at);
        return unix_microseconds(GetCurrentTimestamp()) / 1000 * 1000;
    }

    std::optional<std::string_view> role, content, client_id, seat, model, timestamp;
    std::optional<TimestampTz> created_at;
    std::optional<std::string> metadata;
    bool metadata_is_ordinary = true;

private:
    static struct varlena *varlena_of(Datum value) {
        return reinterpret_cast<struct varlena *>(DatumGetPointer(value));
    }

    void read_metadata(struct varlena *value) {
        auto *json = reinterpret_cast<Jsonb *>(value);
        metadata_is_ordinary = JB_ROOT_IS_OBJECT(json) && VARSIZE(json) <= metadata_limit;
        if (metadata_is_ordinary)
            metadata = call(JsonbToCString, static_cast<StringInfo>(nullptr), &json->root,
                            static_cast<int>(VARSIZE(json)));
    }
};

ColumnValue text_or_null(const char *name, const std::optional<std::string_view> &text) {
    return {name, text ? text_datum(*text) : 0, !text};
}

// Whoever calls this has locked the conversation, so nobody else adds one meanwhile.
bool is_known(const Uuid &user, const Uuid &session, std::string_view client_id) {
    const IndexKey keys[] = {key_of(user), key_of(session), key_of(client_id)};
    return find_last({"messages", "messages_client_id", keys}, {});
}

}  // namespace

// _append_own(session, role, content, client_id, seat, model, created_at, metadata,
//             "timestamp") → message. Null, and nothing written, for whatever is not a new and
// ordinary message to an open conversation of the caller's own, and in transactions that keep
// one snapshot: they have to fail where this waits for a row.
VVAULT_FUNCTION(vvault_append_own) {
    const Uuid me = require_identity(parse_scope("messages:write")).user;
    const NewMessage message(fcinfo);
    if (PG_ARGISNULL(0) || IsolationUsesXactSnapshot() || !message.is_ordinary()) PG_RETURN_NULL();

    const IndexKey keys[] = {key_of(me), key_of(text_argument(fcinfo, 0))};
    ColumnValue session[] = {{"id", 0}, {"construct_id", 0}, {"ended_at", 0}, {"last_seq", 0}};
    ItemPointerData place;
    if (!lock_last({"sessions", "sessions_external_id", keys}, session, place)) PG_RETURN_NULL();
    if (access_to(me, uuid_of(session[1].value)) < access_write) PG_RETURN_NULL();
    const Uuid session_id = uuid_of(session[0].value);
    if (!session[2].is_null || (message.client_id && is_known(me, session_id, *message.client_id)))
        PG_RETURN_NULL();

    const Datum number = Int64GetDatum(DatumGetInt64(session[3].value) + 1);
    const ColumnValue counted[] = {
        {"last_seq", number},
        {"updated_at", TimestampTzGetDatum(GetCurrentTransactionStartTimestamp())}};
    update_row("sessions", place, counted);

    const std::int64_t moment = message.moment();
    const std::string moment_text = format_timestamp_ms(moment);
    const Uuid id = make_uuid_v7(unix_microseconds(GetCurrentTimestamp()) / 1000);
    const SealedMessage sealed =
        seal_message(me, uuid_of(session[1].value), id, *message.content, message.metadata);
    const bool own_time = message.timestamp && *message.timestamp != moment_text;
    const ColumnValue row[] = {
        {"user_id", uuid_datum(me)},
        {"session_id", session[0].value},
        {"seq", number},
        {"id", uuid_datum(id)},
        {"construct_id", session[1].value},
        text_or_null("role", message.role),
        text_or_null("seat", message.seat),
        text_or_null("model", message.model),
        text_or_null("client_id", message.client_id),
        {"content", sealed.content},
        {"metadata", sealed.metadata.value_or(0), !sealed.metadata},
        {"commitment", bytea_datum(sealed.commitment)},
        {"created_at", TimestampTzGetDatum(timestamp_of(moment))},
        {"timestamp_text", own_time ? text_datum(*message.timestamp) : 0, !own_time},
    };
    insert_row("messages", row);

    const Datum made[] = {row[3].value,
                          row[0].value,
                          row[1].value,
                          PG_GETARG_DATUM(0),
                          number,
                          row[5].value,
                          PG_GETARG_DATUM(2),
                          row[6].value,
                          row[7].value,
                          row[8].value,
                          PG_GETARG_DATUM(7),
                          row[12].value,
                          text_datum(message.timestamp.value_or(moment_text)),
                          BoolGetDatum(false)};
    const bool nulls[] = {false,
                          false,
                          false,
                          false,
                          false,
                          false,
                          false,
                          row[6].is_null,
                          row[7].is_null,
                          row[8].is_null,
                          !message.metadata,
                          false,
                          false,
                          false};
    return row_result(fcinfo, made, nulls);
}

// _insert_message(user_id, session_id, seq, id, construct_id, role, seat, model, client_id,
//                 content, metadata, commitment, created_at, timestamp_text) → boolean: false,
// and nothing written, where the locked conversation has a message of that client_id.
VVAULT_FUNCTION(vvault_insert_message) {
    static constexpr const char *names[] = {
        "user_id",    "session_id",    "seq",       "id",      "construct_id", "role",
        "seat",       "model",         "client_id", "content", "metadata",     "commitment",
        "created_at", "timestamp_text"};
    if (const auto client_id = optional_text_argument(fcinfo, 8);
        client_id && is_known(uuid_argument(fcinfo, 0), uuid_argument(fcinfo, 1), *client_id))
        PG_RETURN_BOOL(false);
    ColumnValue row[std::size(names)];
    for (std::size_t i = 0; i < std::size(names); ++i)
        row[i] = {names[i], PG_GETARG_DATUM(i), PG_ARGISNULL(i)};
    insert_row("messages", row);
    PG_RETURN_BOOL(true);
}
