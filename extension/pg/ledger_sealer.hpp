// Takes committed entries into the tree, a batch a call: every entry whose transaction the
// newest snapshot shows and that of the last batch does not. So each is taken once, whatever
// order transactions end in, and one that stays open keeps nothing but its own entries back.
// Entries of the calling transaction are the next batch's.
#pragma once

#include <optional>
#include <string>

#include "pg/ledger_state.hpp"

namespace vvault::pg {

// The size of the tree after the batch, which may be an empty one. Where it is not to wait for
// another sealer: nothing while there is one, and nothing from when the tables contradict the
// tree, which is then written down. Else Errc::ledger_forked for that. To be called between
// connect() and finish().
std::optional<std::uint64_t> seal_ledger(Busy busy);

// Goes on under a new name (LedgerState::incarnation), with an entry that tells what is left
// behind: the ledger of the note, which this one does not extend, or whatever it was stopped
// for. False, and nothing done, where this one extends the note's and was not stopped. Without
// a note for a stopped ledger only. Errc::invalid_argument or Errc::does_not_open for a note
// that is none of this vault's.
bool adopt_ledger(const std::optional<std::string> &note);

}  // namespace vvault::pg
