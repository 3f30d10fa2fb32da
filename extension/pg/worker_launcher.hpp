// The launcher of the background workers: for each database of vvault.ledger_databases one that
// seals its ledger and one that keeps its transcript files in step. They call the SQL functions
// that anybody might call. Neither runs on a replica, before the vault is there, or in the way
// of whoever wants to drop the database or copy it.
#pragma once

namespace vvault::pg {

// Called once, from _PG_init; does nothing where the library is not preloaded.
void register_workers();

}  // namespace vvault::pg
