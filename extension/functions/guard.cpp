// What SQL may ask the ledger's guard, and tell it.
#include "pg/datum.hpp"
#include "pg/ledger_guard.hpp"
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
