// The partitions of vvault.ledger_entries, one a month by the time in an entry's id and one
// for every other time. Entries are written and streams continued without SQL, so this finds
// what the planner would.
#pragma once

#include <vector>

#include "core/bytes.hpp"
#include "pg/boundary.hpp"

namespace vvault::pg {

struct LedgerPartition {
    Oid table;
    Oid streams;  // its primary key: person, stream, number, month
};

// The month of an entry by the time in its id: 202611 for November 2026, in UTC.
int month_of(const Uuid &entry);

// Where entries of that month belong.
LedgerPartition partition_for(int month);

// The newest month first, the partition for other times last.
std::vector<LedgerPartition> ledger_partitions();

}  // namespace vvault::pg
