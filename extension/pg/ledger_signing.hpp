// The keys that sign the ledger's checkpoints. They are read from vvault.ledger_key_file when a
// batch is sealed, by whoever seals it, and wiped after it. A batch is sealed without them too:
// its checkpoint then waits for its signature.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/checkpoint.hpp"
#include "pg/ledger_state.hpp"

namespace vvault::pg {

// vvault.ledger_origin or what stands for it, and from the second incarnation on its number.
std::string ledger_name(int incarnation);

// The signed note of a checkpoint, by the newest key; the change to a new one is announced in
// the ledger first, and the first checkpoint after that is signed by both. Nothing where no key
// can be used: signing_problem() says why.
std::optional<std::string> sign_checkpoint(const Digest &root, LedgerState &state);

// Every key that has signed, the newest first.
std::vector<NoteKey> ledger_keys();

// Why checkpoints are not signed, as seen by this process; empty where they are.
std::string signing_problem();

}  // namespace vvault::pg
