// Takes committed entries into the tree, a batch a call: every entry whose transaction the
// newest snapshot shows and that of the last batch does not. So each is taken once, whatever
// order transactions end in, and one that stays open keeps nothing but its own entries back.
// Entries of the calling transaction are the next batch's.
#pragma once

#include <optional>

#include "pg/ledger_state.hpp"

namespace vvault::pg {

// The size of the tree after the batch, which may be an empty one; nothing where another sealer
// is at work and is not to be waited for. Throws Errc::ledger_forked where the ledger was
// stopped. To be called between connect() and finish().
std::optional<std::uint64_t> seal_ledger(Busy busy);

}  // namespace vvault::pg
