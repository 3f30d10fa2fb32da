// Keeps hands off the ledger's tables, a superuser's too: hooks that every statement comes
// through. They are there where the library is in shared_preload_libraries; with the setting
// vvault.ledger_guard off they refuse nothing and make a ledger entry of what they see.
// Triggers are the layer below (extension/sql/schema), verification the one above.
#pragma once

namespace vvault::pg {

// Takes the hooks, in front of whoever holds them; called once, from _PG_init.
void guard_ledger();

enum class GuardState { on, off, not_preloaded };
GuardState ledger_guard_state();
const char *guard_state_name(GuardState state);

}  // namespace vvault::pg
