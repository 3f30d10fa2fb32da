// Entries about the vault itself and not about a person: its guard, its signing keys, its
// archive. Their person and their stream are the installation.
#pragma once

#include <string_view>

#include "core/bytes.hpp"

namespace vvault::pg {

// This vault's id; throws where there is none.
Uuid installation_id();
bool has_installation();

// The payload is a JSON object; it may be published, so it tells of no person and no content.
// Holds the installation's stream until the transaction ends.
void record_system_event(std::string_view event_type, std::string_view payload);

// Records, once for each start of the server, whether the ledger is guarded since then. Whoever
// seals calls it first, so that no checkpoint stands without it. True where it wrote an entry.
bool record_server_start();

}  // namespace vvault::pg
