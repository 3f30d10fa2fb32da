#include "pg/ledger_new_entries.hpp"

#include <algorithm>
#include <limits>

#include "core/error.hpp"
#include "pg/datum.hpp"

namespace vvault::pg {

namespace {

constexpr long rows_at_a_time = 10000;

// A transaction that was open at the last batch has mostly written just before it: one scan
// from there on finds it with the rest. One that was open for long gets a scan of its own.
constexpr std::uint64_t recent = 10000;

Statement snapshot_text{"SELECT pg_current_snapshot()::text", {}};

constexpr Oid range_types[] = {INT8OID, INT8OID};
Statement entries_between{
    "SELECT id, leaf_hash, user_id, stream_id, stream_seq, xid"
    "  FROM vvault.ledger_entries WHERE xid >= $1 AND xid < $2",
    range_types};

NewEntry entry_at(std::uint64_t row) {
    NewEntry entry;
    entry.id = uuid_of(value_at(row, 1).datum);
    const ByteView leaf = bytes_of(value_at(row, 2).datum);
    if (leaf.size() != entry.leaf.size())
        throw Error(Errc::ledger_forked, "a ledger entry has no leaf hash of 32 bytes")
            .detail("Entry " + uuid_text(entry.id) + ".");
    std::ranges::copy(leaf, entry.leaf.begin());
    entry.user = uuid_of(value_at(row, 3).datum);
    entry.stream = uuid_of(value_at(row, 4).datum);
    entry.stream_seq = static_cast<std::uint64_t>(DatumGetInt64(value_at(row, 5).datum));
    return entry;
}

// Numbers of transactions are 64 bits, and the column is a signed one.
Datum bound(std::uint64_t transaction) {
    constexpr std::uint64_t highest = std::numeric_limits<std::int64_t>::max();
    return Int64GetDatum(static_cast<int64>(std::min(transaction, highest)));
}

// Those whose transaction is wanted.
template <class Wanted>
void add_found(Cursor &cursor, Wanted wanted, std::vector<NewEntry> &found) {
    while (const std::uint64_t rows = cursor.fetch(rows_at_a_time)) {
        check_for_interrupts();
        for (std::uint64_t row = 0; row < rows; ++row) {
            const auto xid = static_cast<std::uint64_t>(DatumGetInt64(value_at(row, 6).datum));
            if (wanted(xid)) found.push_back(entry_at(row));
        }
    }
}

void add_between(std::uint64_t begin, std::uint64_t end, const LedgerSnapshot &before,
                 const LedgerSnapshot &now, std::vector<NewEntry> &found) {
    Datum values[] = {bound(begin), bound(end)};
    Cursor cursor(entries_between, {values});
    const auto is_new = [&](std::uint64_t xid) { return now.shows(xid) && !before.shows(xid); };
    add_found(cursor, is_new, found);
}

}  // namespace

LedgerSnapshot pinned_ledger_snapshot() {
    execute(snapshot_text, {}, Sees::pinned);
    LedgerSnapshot snapshot = LedgerSnapshot::from_text(text_of(value_at(0, 1).datum));
    const FullTransactionId own = call(GetTopFullTransactionIdIfAny);
    if (FullTransactionIdIsValid(own)) snapshot.hide(U64FromFullTransactionId(own));
    return snapshot;
}

std::vector<NewEntry> new_entries(const LedgerSnapshot &before, const LedgerSnapshot &now) {
    std::vector<NewEntry> found;
    std::uint64_t begin = before.end();
    for (const std::uint64_t open : before.in_progress()) {
        if (!now.shows(open)) continue;
        if (open + recent >= before.end())
            begin = std::min(begin, open);
        else
            add_between(open, open + 1, before, now, found);
    }
    if (begin < now.end()) add_between(begin, now.end(), before, now, found);
    return found;
}

std::vector<NewEntry> entries_of_others(Statement &statement) {
    const FullTransactionId own = call(GetTopFullTransactionIdIfAny);
    std::vector<NewEntry> found;
    Cursor cursor(statement, {});
    add_found(
        cursor, [own](std::uint64_t xid) { return xid != U64FromFullTransactionId(own); }, found);
    return found;
}

}  // namespace vvault::pg
