// What the background workers have in common. Errors of the backend jump out of these functions
// to the worker's end, and the launcher starts another one: so everything here and in the
// workers is plain C, with nothing to destroy.
#pragma once

#include <cstdint>

namespace vvault::pg {

// Somebody who drops a database waits five seconds for its sessions to end.
inline constexpr long look_around_ms = 1000;

// In the transaction that is open; false while somebody drops or copies the database.
bool database_is_free(unsigned int database);

// Until something happens, and no longer than that; reads the configuration if it changed.
void wait_and_see(long milliseconds);

void receive_signals();

// Whether this is the one worker of its kind that the database has: field 4 of an advisory lock
// that its session keeps.
bool is_only_worker(unsigned short of_kind);

// In the transaction that is open: whether the schema has the table and the function.
bool vault_has(const char *table, const char *function, int arguments, const unsigned int *types);

// In the transaction that is open; the number that the statement gives, or else otherwise.
std::int64_t run(const char *statement, std::int64_t otherwise);

}  // namespace vvault::pg
