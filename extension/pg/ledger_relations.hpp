// Which relations are the ledger's: its tables by name, their partitions and children by
// descent, their indexes. The answer for a relation is remembered until the relation changes,
// because every statement that writes asks. Knows nothing of hooks, and refuses nothing.
//
// The functions are the backend's kind: they may raise, so C++ asks through call().
#pragma once

#include "pg/postgres.hpp"

namespace vvault::pg {

enum class LedgerPart : unsigned char {
    none,
    entries,      // only the ledger's triggers write it
    sealed,       // tiles, keys, heads of archived streams: the sealer adds, nobody changes
    checkpoints,  // the sealer adds, and signs what it could not sign at once
    working,      // the sealer's own rows
};

// Registers the callback; called once, from _PG_init.
void watch_ledger_relations();

// True where the answer is remembered and is LedgerPart::none. Neither raises nor reads.
bool known_as_no_ledger(Oid relation);

LedgerPart ledger_part(Oid relation);

// The same by name. A name without a schema means the ledger's table where there is one,
// whatever stands before it in the search path: that could be gone when the statement runs.
LedgerPart ledger_part_of_name(const struct RangeVar *name, Oid *relation);

Oid vault_schema();             // of this database; InvalidOid where there is none
bool database_has_ledger();     // the table of entries is there
bool ledger_is_set_up();        // … with its guard, as vvault.install() leaves it
bool ledger_takes_entries();    // … with its keys, which a restore makes last
bool holds_no_rows(Oid table);  // nor did it since it was last emptied
bool is_vault_function(Oid function);

// The catalogs that say what a table is, where it is, and what fires when it is written.
bool is_catalog_of_tables(Oid relation);

}  // namespace vvault::pg
