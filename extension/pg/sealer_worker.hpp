// The background workers that seal: one launcher, and a worker for each database of
// vvault.ledger_databases. They call the SQL functions that anybody might call; here is only
// when, and when not: not on a replica, not before the vault is there, and not in the way of
// whoever wants to drop the database or copy it.
#pragma once

namespace vvault::pg {

// Called once, from _PG_init; does nothing where the library is not preloaded.
void register_sealer();

// Held, by its session, by the one worker that a database has: field 4 of the advisory lock.
constexpr unsigned short sealer_at_work = 0x7679;

}  // namespace vvault::pg
