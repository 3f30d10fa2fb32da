// The one row that says how far the ledger is sealed, and the tree's edge as it is stored.
// Whoever has locked the row is the only sealer until the transaction ends.
#pragma once

#include <optional>
#include <string>

#include "core/growing_tree.hpp"
#include "core/ledger_snapshot.hpp"
#include "pg/query.hpp"

namespace vvault::pg {

struct LedgerState {
    std::uint64_t size = 0;
    LedgerSnapshot snapshot;
    int era = 0;
    int incarnation = 1;
    std::optional<std::int64_t> system_identifier;  // nothing before the first batch
    std::int64_t timeline = 0;
    std::optional<Uuid> floor;
    std::string announced_key;
    std::string stopped;
};

enum class Busy { wait, give_up };

// Nothing where another sealer is at work and is not to be waited for. To be called between
// connect() and finish(), like all below.
std::optional<LedgerState> lock_ledger_state(Busy busy);
void save_ledger_state(const LedgerState &state);

// The hashes that no full tile holds yet, a level each.
std::vector<GrowingTree::Edge> stored_edges();
void save_edges(std::uint64_t old_size, const GrowingTree &tree);
void keep_tile(const FullTile &tile);

}  // namespace vvault::pg
