// Keeps what people say to their vault out of the server's log, whatever the server is set to
// log: a hook that sees each entry before it is written. It works in sessions that have the
// library loaded; session_preload_libraries = 'vvault' makes that all of them.
#pragma once

namespace vvault::pg {

// Takes the hook, in front of whoever holds it; called once, from _PG_init.
void guard_log();

// A line in the log, which stays when what was refused aborts its transaction. Names no
// content; to be called through call().
void log_refusal(const char *command, const char *subject);

// Set where the backend enters C++, and until the transaction ends: an entry that names the
// vault nowhere, as that of a nested statement, is the vault's all the same.
inline bool vault_in_use = false;

}  // namespace vvault::pg
