// How an entry gets into the ledger, whatever it tells of: who, when and in which transaction,
// the place at the end of its stream, the leaf, the row. Written without SQL, so no privilege,
// policy or hook stands in the way of a trigger.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "core/ledger_leaf.hpp"

namespace vvault::pg {

struct LedgerEntry {
    LedgerLeaf leaf;
    PayloadSalt salt;
    std::string payload;
    bool has_content = false;
};

// With the id, time, actor, transaction and salt of this very moment.
LedgerEntry begin_entry();

// Commits to the payload, continues the stream of leaf.user_id and leaf.stream_id, and writes.
// Whoever calls holds the lock that keeps others from continuing the same stream.
void append_entry(LedgerEntry &entry);

}  // namespace vvault::pg
