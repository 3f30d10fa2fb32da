// The vault's root keys as this backend knows them: read from vvault.root_key_file at
// the first need, and again whenever the file has changed.
#pragma once

#include "core/key_ring.hpp"

namespace vvault::pg {

// Throws Errc::root_key_missing, which says where it looked, or Errc::root_key_refused.
const KeyRing &root_keys();

// Whether there is a file at vvault.root_key_file; says nothing about what is in it.
bool root_keys_available();

// The root key of that number, proven to be the one this vault was sealed with: the
// expected check value is what the database recorded at the key's first use.
const SecretKey &root_key(int number, ByteView expected_check_value);

}  // namespace vvault::pg
