// The ledger's triggers: one entry for every changed row, and none changed ever after.
#include <algorithm>
#include <string>

#include "core/error.hpp"
#include "core/ledger_leaf.hpp"
#include "pg/changed_row.hpp"
#include "pg/datum.hpp"
#include "pg/ledger_writer.hpp"
#include "pg/sealed_commitments.hpp"
#include "pg/watched_tables.hpp"

using namespace vvault;
using namespace vvault::pg;

namespace {

// A row that was dated in this very transaction, as a default does it, gives the entry its time.
// One that says it was made at another time tells so in the payload.
TimestampTz entry_time(const ChangedRow &row, TimestampTz now) {
    const auto created = row.is_new() ? row.created_at() : std::nullopt;
    const bool is_of_now =
        created && *created >= GetCurrentTransactionStartTimestamp() && *created <= now;
    return is_of_now ? *created : now;
}

LedgerEntry entry_of(const ChangedRow &row) {
    LedgerEntry entry = begin_entry();
    LedgerLeaf &leaf = entry.leaf;
    leaf.user_id = row.owner();
    leaf.stream_id = row.stream();
    leaf.event_type = row.event_type();
    auto commitment = row.content_commitment();
    if (!commitment && row.is_new()) commitment = take_commitment(leaf.user_id, leaf.stream_id);
    if (commitment) {
        leaf.content_commitment = *commitment;
        entry.has_content = true;
    }
    const TimestampTz time = entry_time(row, timestamp_of(leaf.timestamp_us));
    leaf.timestamp_us = unix_microseconds(time);
    entry.payload = row.payload(entry.salt, time);
    return entry;
}

LedgerLeaf leaf_of_arguments(FunctionCallInfo fcinfo) {
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
    return leaf;
}

}  // namespace

// _record_change() trigger, AFTER INSERT OR UPDATE OR DELETE FOR EACH ROW
VVAULT_FUNCTION(vvault_record_change) {
    const ChangedRow row(fcinfo);
    if (voids_memory(row.entity(), row.is_new())) announce_change(row.relation());
    LedgerEntry entry = entry_of(row);
    append_entry(entry);
    return PointerGetDatum(nullptr);
}

// _announce_change() trigger, AFTER INSERT OR UPDATE OR DELETE FOR EACH ROW
VVAULT_FUNCTION(vvault_announce_change) {
    if (!CALLED_AS_TRIGGER(fcinfo))
        throw Error(Errc::invalid_argument, "this function is a trigger");
    const auto *trigger = reinterpret_cast<TriggerData *>(fcinfo->context);
    announce_change(RelationGetRelid(trigger->tg_relation));
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
    return bytea_datum(leaf_hash(leaf_of_arguments(fcinfo)));
}

// _leaf_input(...) → bytea: what is hashed
VVAULT_FUNCTION(vvault_leaf_input) {
    return bytea_datum(leaf_input(leaf_of_arguments(fcinfo)));
}

// _payload_commitment(salt bytea, payload json) → bytea
VVAULT_FUNCTION(vvault_payload_commitment) {
    return bytea_datum(payload_commitment(bytes_argument(fcinfo, 0), bytes_argument(fcinfo, 1)));
}

// _ledger_payload(relation regclass, row record, salt bytea, timestamp timestamptz) → text
VVAULT_FUNCTION(vvault_ledger_payload) {
    const RecordedRow row = recorded_row(PG_GETARG_OID(0), PG_GETARG_DATUM(1));
    return text_datum(row.payload(bytes_argument(fcinfo, 2), PG_GETARG_TIMESTAMPTZ(3)));
}
