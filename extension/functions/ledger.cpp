// The ledger's triggers: one entry for every changed row, and none changed ever after.
#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "core/error.hpp"
#include "core/ledger_leaf.hpp"
#include "core/uuid.hpp"
#include "pg/append_row.hpp"
#include "pg/changed_row.hpp"
#include "pg/datum.hpp"
#include "pg/direct_rows.hpp"
#include "pg/identity.hpp"
#include "pg/ledger_partitions.hpp"
#include "pg/watched_tables.hpp"

using namespace vvault;
using namespace vvault::pg;

namespace {

// From the stream's last entry in a partition, or from what is left of archived ones.
bool continue_from(LedgerLeaf &leaf, Oid table, Oid streams) {
    const IndexKey keys[] = {key_of(leaf.user_id), key_of(leaf.stream_id)};
    ColumnValue last[] = {{"stream_seq", 0}, {"leaf_hash", 0}};
    if (!find_last({table, streams, keys}, last)) return false;
    leaf.stream_seq = static_cast<std::uint64_t>(DatumGetInt64(last[0].value)) + 1;
    std::ranges::copy(bytes_of(last[1].value), leaf.previous.begin());
    return true;
}

// The stream's row is locked by whoever changes it, so two transactions never continue one
// stream at once; should somebody get around that lock, the primary key of the partition
// refuses the second.
//
// Most streams were continued this month; the others are looked for from the newest partition
// to the oldest, those ahead of the clock included.
void continue_stream(LedgerLeaf &leaf, const LedgerPartition &present) {
    leaf.stream_seq = 1;
    if (continue_from(leaf, present.table, present.streams)) return;
    for (const LedgerPartition &partition : ledger_partitions())
        if (partition.table != present.table &&
            continue_from(leaf, partition.table, partition.streams))
            return;
    continue_from(leaf, relation_named("ledger_stream_heads"),
                  relation_named("ledger_stream_heads_pkey"));
}

// Somebody with a token; an identity without one stands for a database role that adds a
// person (vvault._act_as).
bool is_person(const Identity *identity) {
    return identity && identity->token != Uuid{};
}

// The actor is a person's id, or the database role of somebody who works without one.
std::string actor_name(const Identity *identity) {
    if (is_person(identity)) return uuid_text(identity->user);
    return std::string("role:") + call(GetUserNameFromId, GetSessionUserId(), false);
}

struct Entry {
    LedgerLeaf leaf;
    std::array<std::uint8_t, 32> salt;
    std::string payload;
    std::optional<Uuid> file;
    std::optional<Uuid> actor;
    bool has_content = false;
};

Entry entry_of(const ChangedRow &row) {
    Entry entry;
    randombytes_buf(entry.salt.data(), entry.salt.size());
    const Identity *identity = current_identity();
    LedgerLeaf &leaf = entry.leaf;
    leaf.timestamp_us = unix_microseconds(GetCurrentTimestamp());
    leaf.id = make_uuid_v7(leaf.timestamp_us / 1000);
    leaf.user_id = row.owner();
    leaf.stream_id = row.stream();
    leaf.event_type = row.event_type();
    leaf.actor = actor_name(identity);
    leaf.xid = U64FromFullTransactionId(call(GetTopFullTransactionId));
    if (const auto commitment = row.content_commitment()) {
        leaf.content_commitment = *commitment;
        entry.has_content = true;
    }
    entry.payload = row.payload(entry.salt);
    leaf.payload_commitment = payload_commitment(entry.salt, as_bytes(entry.payload));
    entry.file = row.file();
    if (is_person(identity)) entry.actor = identity->user;
    return entry;
}

ColumnValue optional_uuid(const char *name, const std::optional<Uuid> &value) {
    return {name, value ? uuid_datum(*value) : 0, !value};
}

// What follows from other columns is not stored: the leaf before, the commitment to a payload
// that stands beside it, an actor's name that is an id, a commitment to nothing.
void write(const Entry &entry, Oid partition) {
    const LedgerLeaf &leaf = entry.leaf;
    const ColumnValue row[] = {
        {"user_id", uuid_datum(leaf.user_id)},
        {"id", uuid_datum(leaf.id)},
        {"stream_id", uuid_datum(leaf.stream_id)},
        optional_uuid("file_id", entry.file),
        optional_uuid("actor_id", entry.actor),
        {"stream_seq", Int64GetDatum(static_cast<int64>(leaf.stream_seq))},
        {"timestamp", TimestampTzGetDatum(timestamp_of(leaf.timestamp_us))},
        {"xid", Int64GetDatum(static_cast<int64>(leaf.xid))},
        {"month", Int32GetDatum(month_of(leaf.id))},
        {"event_type", text_datum(leaf.event_type)},
        {"payload", text_datum(entry.payload)},
        {"actor", entry.actor ? 0 : text_datum(leaf.actor), entry.actor.has_value()},
        {"salt", bytea_datum(entry.salt)},
        {"content_commitment", entry.has_content ? bytea_datum(leaf.content_commitment) : 0,
         !entry.has_content},
        {"leaf_hash", bytea_datum(leaf_hash(leaf))},
    };
    append_row(partition, row);
}

}  // namespace

// _record_change() trigger, AFTER INSERT OR UPDATE OR DELETE FOR EACH ROW
VVAULT_FUNCTION(vvault_record_change) {
    const ChangedRow row(fcinfo);
    if (voids_memory(row.entity(), row.is_new())) announce_change(row.relation());
    Entry entry = entry_of(row);
    const LedgerPartition partition = partition_for(month_of(entry.leaf.id));
    continue_stream(entry.leaf, partition);
    write(entry, partition.table);
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
    leaf.xid = static_cast<std::uint64_t>(PG_GETARG_INT64(8));
    leaf.payload_commitment = digest(9);
    leaf.content_commitment = digest(10);
    return bytea_datum(leaf_hash(leaf));
}

// _payload_commitment(salt bytea, payload json) → bytea
VVAULT_FUNCTION(vvault_payload_commitment) {
    return bytea_datum(payload_commitment(bytes_argument(fcinfo, 0), bytes_argument(fcinfo, 1)));
}

// _ledger_payload(relation regclass, row record, salt bytea) → text
VVAULT_FUNCTION(vvault_ledger_payload) {
    const RecordedRow row = recorded_row(PG_GETARG_OID(0), PG_GETARG_DATUM(1));
    return text_datum(row.payload(bytes_argument(fcinfo, 2)));
}
