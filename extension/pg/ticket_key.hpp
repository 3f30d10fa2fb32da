// The key that signs identities. It is worth nothing after a restart: each server
// makes its own at its first use after a start, in pg_dynshmem, which base backups
// leave out. Nodes that must trust each other's tickets share vvault.ticket_key_file.
#pragma once

#include "core/secret.hpp"

namespace vvault::pg {

// Read once a backend. Throws Errc::internal when the file cannot be made, and
// Errc::root_key_refused when a configured one is open to others or too short.
const SecretKey &ticket_key();

}  // namespace vvault::pg
