// What was done to the ledger's tables by hand, where nobody refused it, becomes an entry of
// the same transaction: noted when it happens, written before the transaction commits.
#pragma once

namespace vvault::pg {

// Registers the callbacks; called once.
void keep_guard_notes();

// Neither raises nor allocates. Of one command on one thing a transaction keeps one note, and
// of more things than it can keep the last one says that there were more.
void note_for_ledger(const char *command, const char *subject);

// Before a statement that could move the ledger's tables out of reach. Throws.
void write_ledger_notes();

}  // namespace vvault::pg
