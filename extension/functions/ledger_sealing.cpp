// Sealing by hand and by the worker, and what is known about it.
#include "pg/datum.hpp"
#include "pg/ledger_sealer.hpp"
#include "pg/ledger_signing.hpp"

using namespace vvault;
using namespace vvault::pg;

namespace {

Datum seal(FunctionCallInfo fcinfo, Busy busy) {
    connect();
    const auto size = seal_ledger(busy);
    finish();
    if (!size) PG_RETURN_NULL();
    return Int64GetDatum(static_cast<int64>(*size));
}

}  // namespace

// ledger_seal() → bigint: waits for another sealer
VVAULT_FUNCTION(vvault_ledger_seal) {
    return seal(fcinfo, Busy::wait);
}

// _ledger_seal_if_free() → bigint: null where another one is at work
VVAULT_FUNCTION(vvault_ledger_seal_if_free) {
    return seal(fcinfo, Busy::give_up);
}

// ledger_adopt(note text) → boolean
VVAULT_FUNCTION(vvault_ledger_adopt) {
    std::optional<std::string> note;
    if (const auto text = optional_text_argument(fcinfo, 0)) note = std::string(*text);
    connect();
    const bool adopted = adopt_ledger(note);
    finish();
    return BoolGetDatum(adopted);
}

// _ledger_signing_problem() → text: null where checkpoints are signed
VVAULT_FUNCTION(vvault_ledger_signing_problem) {
    const std::string problem = signing_problem();
    if (problem.empty()) PG_RETURN_NULL();
    return text_datum(problem);
}
