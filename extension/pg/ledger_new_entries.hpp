// The entries that no batch has taken yet, as of the pinned snapshot.
#pragma once

#include <vector>

#include "core/ledger_order.hpp"
#include "core/ledger_snapshot.hpp"
#include "pg/query.hpp"

namespace vvault::pg {

// What the pinned snapshot shows, without the calling transaction itself.
LedgerSnapshot pinned_ledger_snapshot();

// Those of transactions that `now` shows and `before` does not. Found by ranges of
// transactions, which the entries' summary index leads to: from the end of the last batch's
// snapshot on, and for transactions that were open then and have ended since.
std::vector<NewEntry> new_entries(const LedgerSnapshot &before, const LedgerSnapshot &now);

// Those that the statement finds, of every transaction but the calling one. Its columns are
// id, leaf_hash, user_id, stream_id, stream_seq and xid; it has no parameters.
std::vector<NewEntry> entries_of_others(Statement &statement);

}  // namespace vvault::pg
