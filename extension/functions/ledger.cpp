// The ledger's triggers: one entry for every changed row, and none changed ever after.
//
// Arguments of the recording trigger: entity, owner column, stream column, file column
// (or ''), then the columns that are private: they enter the payload only as salted
// commitments; and, marked by a '~', those that count: a row in which nothing else changed
// is told by the row that made it count. Bytes enter as their SHA-256. Names are arguments because a trigger on a
// distributed table sees the name of a shard.
#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/ledger_leaf.hpp"
#include "core/timestamp.hpp"
#include "core/uuid.hpp"
#include "pg/datum.hpp"
#include "pg/identity.hpp"
#include "pg/query.hpp"
#include "pg/watched_tables.hpp"

extern "C" {
#include "utils/datum.h"
#include "utils/lsyscache.h"
}

using namespace vvault;
using namespace vvault::pg;

namespace {

using Salt = std::array<std::uint8_t, 32>;

// Holds the salted hash of what the row's content says, where the row has content.
constexpr std::string_view commitment_column = "commitment";

struct Change {
    TriggerData *trigger;
    HeapTuple row;      // after the change, or before a deletion
    HeapTuple old_row;  // only of an update

    std::string_view argument(int position) const {
        return trigger->tg_trigger->tgargs[position];
    }
    TupleDesc columns() const { return trigger->tg_relation->rd_att; }
};

Change change_of(FunctionCallInfo fcinfo) {
    if (!CALLED_AS_TRIGGER(fcinfo))
        throw Error(Errc::invalid_argument, "this function is a trigger");
    auto *trigger = reinterpret_cast<TriggerData *>(fcinfo->context);
    if (!TRIGGER_FIRED_FOR_ROW(trigger->tg_event) || trigger->tg_trigger->tgnargs < 4)
        throw Error(Errc::internal, "the ledger's trigger is set up wrongly");
    const bool update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
    return {trigger, update ? trigger->tg_newtuple : trigger->tg_trigtuple,
            update ? trigger->tg_trigtuple : nullptr};
}

const char *verb_of(TriggerEvent event) {
    if (TRIGGER_FIRED_BY_INSERT(event))
        return "created";
    return TRIGGER_FIRED_BY_UPDATE(event) ? "updated" : "deleted";
}

Value column(const Change &change, HeapTuple row, int number) {
    Value value{0, false};
    value.datum = call(+[](HeapTuple tuple, int attribute, TupleDesc columns, bool *is_null) {
        return heap_getattr(tuple, attribute, columns, is_null);
    }, row, number, change.columns(), &value.is_null);
    return value;
}

int column_number(const Change &change, std::string_view name) {
    for (int i = 0; i < change.columns()->natts; ++i)
        if (name == NameStr(TupleDescAttr(change.columns(), i)->attname))
            return i + 1;
    throw Error(Errc::internal, "the ledger's trigger names a column that is not there");
}

std::optional<Uuid> uuid_column(const Change &change, std::string_view name) {
    const Value value = column(change, change.row, column_number(change, name));
    return value.is_null ? std::nullopt : std::optional(uuid_of(value.datum));
}

void append_json_string(std::string &json, std::string_view text) {
    static constexpr char digits[] = "0123456789abcdef";
    json += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            json += '\\';
            json += c;
        } else if (byte < 0x20) {
            json += "\\u00";
            json += digits[byte >> 4];
            json += digits[byte & 15];
        } else {
            json += c;
        }
    }
    json += '"';
}

// Times are written out in UTC, whatever the session's time zone is: the payload of a
// row must be the same bytes from everywhere.
std::string utc_text(TimestampTz value) {
    const std::int64_t microseconds = unix_microseconds(value);
    std::string text = format_timestamp_ms(microseconds);
    const std::string digits = std::to_string(1000 + (microseconds % 1000 + 1000) % 1000);
    text.insert(text.size() - 1, digits, 1, 3);
    return text;
}

std::string output_of(Oid type, Datum value) {
    if (type == TIMESTAMPTZOID && !TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(value)))
        return utc_text(DatumGetTimestampTz(value));
    Oid function = InvalidOid;
    bool is_varlena = false;
    call(getTypeOutputInfo, type, &function, &is_varlena);
    return call(OidOutputFunctionCall, function, value);
}

void append_member(std::string &json, std::string_view name, const char *suffix,
                   std::string_view value, bool quoted) {
    json += json.back() == '{' ? "\"" : ",\"";
    json += name;
    json += suffix;
    json += "\":";
    if (quoted)
        append_json_string(json, value);
    else
        json += value;
}

bool is_listed(const Change &change, std::string_view mark, std::string_view name) {
    for (int i = 4; i < change.trigger->tg_trigger->tgnargs; ++i) {
        const std::string_view argument = change.argument(i);
        if (argument.starts_with(mark) && argument.substr(mark.size()) == name)
            return true;
    }
    return false;
}

bool is_private(const Change &change, std::string_view name) {
    return is_listed(change, "", name);
}

bool is_counter(const Change &change, std::string_view name) {
    return is_listed(change, "~", name);
}

bool same_value(const Change &change, int number) {
    const FormData_pg_attribute &attribute = *TupleDescAttr(change.columns(), number - 1);
    const Value old_value = column(change, change.old_row, number);
    const Value new_value = column(change, change.row, number);
    if (old_value.is_null || new_value.is_null)
        return old_value.is_null == new_value.is_null;
    return call(datum_image_eq, old_value.datum, new_value.datum, bool{attribute.attbyval},
                int{attribute.attlen});
}

bool only_counters_changed(const Change &change) {
    if (!change.old_row)
        return false;
    bool counted = false;
    for (int i = 0; i < change.columns()->natts; ++i) {
        const FormData_pg_attribute &attribute = *TupleDescAttr(change.columns(), i);
        if (attribute.attisdropped || same_value(change, i + 1))
            continue;
        if (!is_counter(change, NameStr(attribute.attname)))
            return false;
        counted = true;
    }
    return counted;
}

// The row as JSON, in the order of its columns; nulls are left out.
std::string payload_of(const Change &change, const Salt &salt) {
    std::string json = "{";
    for (int i = 0; i < change.columns()->natts; ++i) {
        const FormData_pg_attribute &attribute = *TupleDescAttr(change.columns(), i);
        if (attribute.attisdropped)
            continue;
        const std::string_view name = NameStr(attribute.attname);
        const Value value = column(change, change.row, i + 1);
        if (value.is_null)
            continue;
        const Oid type = attribute.atttypid;
        if (name == commitment_column)
            continue;  // it has a place of its own in the leaf
        if (type == BYTEAOID) {
            append_member(json, name, "_sha256", hex(sha256({bytes_of(value.datum)})), true);
            continue;
        }
        const std::string text = output_of(type, value.datum);
        if (is_private(change, name))
            append_member(json, name, "_commitment", hex(payload_commitment(salt, as_bytes(text))),
                          true);
        else if (type == BOOLOID)
            append_member(json, name, "", text == "t" ? "true" : "false", false);
        else
            append_member(json, name, "", text,
                          type != INT4OID && type != INT8OID && type != JSONBOID);
    }
    json += '}';
    return json;
}

// The stream's last entry. The stream's row is locked by whoever changes it, so two
// transactions never continue one stream at once; should somebody get around that lock,
// the unique index on the stream's numbers refuses the second.
void continue_stream(LedgerLeaf &leaf) {
    static constexpr Oid types[] = {UUIDOID, UUIDOID};
    static Statement statement = {
        "SELECT stream_seq, leaf_hash FROM vvault.ledger_entries"
        " WHERE user_id = $1 AND stream_id = $2 ORDER BY stream_seq DESC LIMIT 1",
        types};
    Datum values[] = {uuid_datum(leaf.user_id), uuid_datum(leaf.stream_id)};
    leaf.stream_seq = 1;
    if (execute(statement, {values}, Sees::transaction) == 0)
        return;
    leaf.stream_seq = static_cast<std::uint64_t>(DatumGetInt64(value_at(0, 1).datum)) + 1;
    const ByteView previous = bytes_of(value_at(0, 2).datum);
    std::copy(previous.begin(), previous.end(), leaf.previous.begin());
}

// What the entry is about, where that has a UUID of its own.
std::optional<Uuid> subject_of(const Change &change) {
    const int number = column_number(change, "id");
    if (TupleDescAttr(change.columns(), number - 1)->atttypid != UUIDOID)
        return std::nullopt;
    return uuid_column(change, "id");
}

// Somebody with a token; an identity without one stands for a database role that adds a
// person (vvault._act_as).
bool is_person(const Identity *identity) { return identity && identity->token != Uuid{}; }

// The actor is a person's id, or the database role of somebody who works without one.
std::string actor_name(const Identity *identity) {
    if (is_person(identity))
        return uuid_text(identity->user);
    return std::string("role:") + call(GetUserNameFromId, GetSessionUserId(), false);
}

Digest commitment_of(const Change &change) {
    Digest commitment{};
    for (int i = 0; i < change.columns()->natts; ++i) {
        if (NameStr(TupleDescAttr(change.columns(), i)->attname) != commitment_column)
            continue;
        const Value value = column(change, change.row, i + 1);
        if (value.is_null)
            break;
        const ByteView bytes = bytes_of(value.datum);
        if (bytes.size() == commitment.size())
            std::copy(bytes.begin(), bytes.end(), commitment.begin());
    }
    return commitment;
}

struct Entry {
    LedgerLeaf leaf;
    Salt salt;
    std::string payload;
    std::optional<Uuid> file;
    std::optional<Uuid> actor;
    std::optional<Uuid> subject;
};

Entry entry_of(const Change &change) {
    Entry entry;
    randombytes_buf(entry.salt.data(), entry.salt.size());
    const Identity *identity = current_identity();
    const TimestampTz now = GetCurrentTimestamp();
    LedgerLeaf &leaf = entry.leaf;
    leaf.id = make_uuid_v7(unix_microseconds(now) / 1000);
    leaf.user_id = uuid_column(change, change.argument(1)).value();
    leaf.stream_id = uuid_column(change, change.argument(2)).value();
    leaf.event_type = std::string(change.argument(0)) + "." + verb_of(change.trigger->tg_event);
    leaf.timestamp_us = unix_microseconds(now);
    leaf.actor = actor_name(identity);
    leaf.xid = U64FromFullTransactionId(call(GetTopFullTransactionId));
    entry.payload = payload_of(change, entry.salt);
    leaf.payload_commitment = payload_commitment(entry.salt, as_bytes(entry.payload));
    leaf.content_commitment = commitment_of(change);
    entry.subject = subject_of(change);
    if (!change.argument(3).empty())
        entry.file = uuid_column(change, change.argument(3));
    if (is_person(identity))
        entry.actor = identity->user;
    return entry;
}

void write(const Entry &entry) {
    static constexpr Oid types[] = {UUIDOID, UUIDOID, UUIDOID,  UUIDOID, TEXTOID, TIMESTAMPTZOID,
                                    JSONOID, UUIDOID, TEXTOID,  UUIDOID, INT8OID, BYTEAOID,
                                    XID8OID, BYTEAOID, BYTEAOID, BYTEAOID, BYTEAOID};
    static Statement statement = {
        "INSERT INTO vvault.ledger_entries (user_id, id, file_id, subject_id, event_type,"
        " \"timestamp\", payload, actor_id, actor, stream_id, stream_seq, previous_leaf, xid,"
        " salt, payload_commitment, content_commitment, leaf_hash)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        types};
    const LedgerLeaf &leaf = entry.leaf;
    Datum values[] = {
        uuid_datum(leaf.user_id),
        uuid_datum(leaf.id),
        entry.file ? uuid_datum(*entry.file) : 0,
        entry.subject ? uuid_datum(*entry.subject) : 0,
        text_datum(leaf.event_type),
        TimestampTzGetDatum(timestamp_of(leaf.timestamp_us)),
        text_datum(entry.payload),
        entry.actor ? uuid_datum(*entry.actor) : 0,
        text_datum(leaf.actor),
        uuid_datum(leaf.stream_id),
        Int64GetDatum(static_cast<int64>(leaf.stream_seq)),
        bytea_datum(leaf.previous),
        UInt64GetDatum(leaf.xid),
        bytea_datum(entry.salt),
        bytea_datum(leaf.payload_commitment),
        bytea_datum(leaf.content_commitment),
        bytea_datum(leaf_hash(leaf)),
    };
    char nulls[std::size(types) + 1];
    std::fill_n(nulls, std::size(types), ' ');
    nulls[std::size(types)] = '\0';
    if (!entry.file)
        nulls[2] = 'n';
    if (!entry.subject)
        nulls[3] = 'n';
    if (!entry.actor)
        nulls[7] = 'n';
    execute(statement, {values, nulls}, Sees::transaction);
}

}  // namespace

// _record_change() trigger, AFTER INSERT OR UPDATE OR DELETE FOR EACH ROW
VVAULT_FUNCTION(vvault_record_change) {
    const Change change = change_of(fcinfo);
    if (is_watched(change.argument(0).data()))
        announce_change(RelationGetRelid(change.trigger->tg_relation));
    if (only_counters_changed(change))
        return PointerGetDatum(nullptr);
    Entry entry = entry_of(change);
    connect();
    continue_stream(entry.leaf);
    write(entry);
    finish();
    return PointerGetDatum(nullptr);
}

// _refuse_change() trigger, BEFORE UPDATE OR DELETE FOR EACH ROW or TRUNCATE
VVAULT_FUNCTION(vvault_refuse_change) {
    if (!CALLED_AS_TRIGGER(fcinfo))
        throw Error(Errc::invalid_argument, "this function is a trigger");
    const auto *trigger = reinterpret_cast<TriggerData *>(fcinfo->context);
    const char *table = trigger->tg_trigger->tgnargs > 0 ? trigger->tg_trigger->tgargs[0] : "?";
    throw Error(Errc::append_only, std::string("table \"") + table + "\" is append-only");
}

// _leaf_hash(...) → bytea: the leaf hash of an entry, from its columns
VVAULT_FUNCTION(vvault_leaf_hash) {
    const auto digest = [fcinfo](int position) {
        const ByteView bytes = bytes_argument(fcinfo, position);
        Digest result{};
        if (bytes.size() != result.size())
            throw Error(Errc::invalid_argument, "a digest has 32 bytes");
        std::copy(bytes.begin(), bytes.end(), result.begin());
        return result;
    };
    LedgerLeaf leaf;
    leaf.user_id = uuid_argument(fcinfo, 0);
    leaf.id = uuid_argument(fcinfo, 1);
    leaf.event_type = text_argument(fcinfo, 2);
    leaf.timestamp_us = unix_microseconds(PG_GETARG_TIMESTAMPTZ(3));
    leaf.actor = text_argument(fcinfo, 4);
    leaf.stream_id = uuid_argument(fcinfo, 5);
    leaf.stream_seq = static_cast<std::uint64_t>(PG_GETARG_INT64(6));
    leaf.previous = digest(7);
    leaf.xid = DatumGetUInt64(PG_GETARG_DATUM(8));
    leaf.payload_commitment = digest(9);
    leaf.content_commitment = digest(10);
    return bytea_datum(leaf_hash(leaf));
}

// _payload_commitment(salt bytea, payload json) → bytea
VVAULT_FUNCTION(vvault_payload_commitment) {
    return bytea_datum(
        payload_commitment(bytes_argument(fcinfo, 0), bytes_argument(fcinfo, 1)));
}
