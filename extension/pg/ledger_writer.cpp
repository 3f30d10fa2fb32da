#include "pg/ledger_writer.hpp"

#include <algorithm>

#include "core/uuid.hpp"
#include "pg/append_row.hpp"
#include "pg/datum.hpp"
#include "pg/direct_rows.hpp"
#include "pg/identity.hpp"
#include "pg/ledger_partitions.hpp"

namespace vvault::pg {

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

// The actor is a person's id, or the database role of somebody who works without one. What
// nobody asked for is the vault's own, whichever session it is done in.
std::string actor_name(const Identity *identity) {
    if (identity && identity->token == own_work) return "vvault";
    if (is_person(identity)) return uuid_text(identity->user);
    return std::string("role:") + call(GetUserNameFromId, GetSessionUserId(), false);
}

// What follows from other columns is not stored: the leaf before, the commitment to the payload
// that stands beside it, an actor who is the person whose vault it is, a commitment to nothing.
void write(const LedgerEntry &entry, int month, Oid partition) {
    const LedgerLeaf &leaf = entry.leaf;
    const bool by_owner = leaf.actor == uuid_text(leaf.user_id);
    const ColumnValue row[] = {
        {"user_id", uuid_datum(leaf.user_id)},
        {"id", uuid_datum(leaf.id)},
        {"stream_id", uuid_datum(leaf.stream_id)},
        {"stream_seq", Int64GetDatum(static_cast<int64>(leaf.stream_seq))},
        {"timestamp", TimestampTzGetDatum(timestamp_of(leaf.timestamp_us))},
        {"xid", Int64GetDatum(static_cast<int64>(leaf.xid))},
        {"month", Int32GetDatum(month)},
        {"event_type", text_datum(leaf.event_type)},
        {"payload", text_datum(entry.payload)},
        {"actor", text_datum(by_owner ? std::string_view() : leaf.actor)},
        {"salt", bytea_datum(entry.salt)},
        {"content_commitment", entry.has_content ? bytea_datum(leaf.content_commitment) : 0,
         !entry.has_content},
        {"leaf_hash", bytea_datum(leaf_hash(leaf))},
    };
    append_row(partition, row);
}

}  // namespace

LedgerEntry begin_entry() {
    LedgerEntry entry;
    randombytes_buf(entry.salt.data(), entry.salt.size());
    const Identity *identity = current_identity();
    LedgerLeaf &leaf = entry.leaf;
    leaf.timestamp_us = unix_microseconds(GetCurrentTimestamp());
    leaf.id = make_uuid_v7(leaf.timestamp_us / 1000);
    leaf.actor = actor_name(identity);
    leaf.xid = U64FromFullTransactionId(call(GetTopFullTransactionId));
    return entry;
}

void append_entry(LedgerEntry &entry) {
    entry.leaf.payload_commitment = payload_commitment(entry.salt, as_bytes(entry.payload));
    const int month = month_of(entry.leaf.id);
    const LedgerPartition partition = partition_for(month);
    continue_stream(entry.leaf, partition);
    write(entry, month, partition.table);
}

}  // namespace vvault::pg
