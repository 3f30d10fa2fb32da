// What SQL may ask the ledger's guard, and tell it.
#include "core/error.hpp"
#include "pg/datum.hpp"
#include "pg/ledger_guard.hpp"
#include "pg/ledger_permit.hpp"
#include "pg/query.hpp"
#include "pg/system_events.hpp"

using namespace vvault;
using namespace vvault::pg;

// ledger_guard_status() → text
VVAULT_FUNCTION(vvault_ledger_guard_status) {
    return text_datum(guard_state_name(ledger_guard_state()));
}

// _record_server_start() → boolean
VVAULT_FUNCTION(vvault_record_server_start) {
    return BoolGetDatum(record_server_start());
}

// _run_schema_rules() → void. The text is the extension's own, from a function that the guard
// lets nobody replace.
VVAULT_FUNCTION(vvault_run_schema_rules) {
    static Statement rules = {"SELECT vvault._schema_rules()", {}};
    connect();
    execute(rules, {{}}, Sees::transaction);
    const char *script = call(text_to_cstring, DatumGetTextPP(value_at(0, 1).datum));
    const LedgerPermit permit(LedgerWork::schema);
    if (call(SPI_execute, script, false, 0L) < 0)
        throw Error(Errc::internal, "the schema's rules cannot be run");
    finish();
    PG_RETURN_VOID();
}
