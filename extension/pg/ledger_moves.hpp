// The ledger in a cluster other than the one it was sealed in: restored from a dump, upgraded,
// promoted. Numbers of transactions mean nothing there, so the entries are compared with the
// tree once, id by id; what the tree lacks is the next batch. A new timeline of the same cluster
// keeps its transactions, and only the tree's edge is looked at.
#pragma once

#include <string>
#include <vector>

#include "core/ledger_order.hpp"
#include "pg/ledger_state.hpp"

namespace vvault::pg {

enum class Move { none, timeline, cluster };

// A snapshot that ended later than the newest one is of another cluster too: a copy of this one
// has its identifier.
Move move_since(const LedgerState &state, const LedgerSnapshot &now);

// What the tables say against the tree, as of the pinned snapshot: a root that is not the last
// checkpoint's, and after a move to another cluster a sealed entry that is gone or altered.
// Empty where there is nothing.
std::string contradiction(const LedgerState &state, Move move);

// Entries that the tree does not have.
std::vector<NewEntry> unsettled_entries();

// Leaves out what the tree has: entries of an earlier era whose transactions' numbers have come
// up again.
void leave_out_settled(std::vector<NewEntry> &entries, const LedgerState &state);

// The state as of this cluster; what is there now is settled by the tree.
void settle_in(LedgerState &state, Move move);

}  // namespace vvault::pg
