// The background worker that keeps a database's transcript files in step with what is said.
#pragma once

namespace vvault::pg {

// Whether the launcher is to start one: vvault.transcript_delay is not below 0.
bool keeper_is_wanted();

// Held, by its session, by the one such worker that a database has: field 4 of the advisory lock.
constexpr unsigned short keeper_at_work = 0x767a;

}  // namespace vvault::pg
