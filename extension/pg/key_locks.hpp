// Who makes or uses keys, and who takes them away, wait for each other here. Both kinds of
// lock last until the transaction ends, are the extension's own (no advisory lock of anybody
// else's can meet them), and are taken before any key is looked up.
#pragma once

#include "core/bytes.hpp"

namespace vvault::pg {

// Taken by whoever seals for a person: what is sealed and the key it is sealed with are
// committed before anybody who wants the key alone goes on.
void share_keys_of(const Uuid &owner);

// Taken by whoever rotates or destroys a person's keys: no transaction that has sealed with
// one of them is still under way, and those that come next look the keys up anew.
void hold_keys_of(const Uuid &owner);

// The same for root keys: wrapping a new data key, and rewrapping all of them.
void share_root_keys();
void hold_root_keys();

}  // namespace vvault::pg
