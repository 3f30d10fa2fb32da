// The background worker that seals a database's ledger: here is only when, and when not.
#pragma once

namespace vvault::pg {

// Whether the launcher is to start one.
bool sealer_is_wanted();

// Held, by its session, by the one such worker that a database has: field 4 of the advisory lock.
constexpr unsigned short sealer_at_work = 0x7679;

}  // namespace vvault::pg
