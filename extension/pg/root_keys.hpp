// The vault's root keys as this backend knows them: read from vvault.root_key_file at the
// first need, and again whenever the file has changed; or printed by the program of
// vvault.root_key_command, which a backend runs once, and again only after the configuration
// was loaded anew or, some seconds later, after a failure.
#pragma once

#include "core/key_ring.hpp"

namespace vvault::pg {

// Throws Errc::root_key_missing, which says where it looked, Errc::root_key_refused or
// Errc::key_command.
const KeyRing &root_keys();

// Whether there is a file at vvault.root_key_file, or the command printed something; says
// nothing about what it is.
bool root_keys_available();

// The root key of that number, proven to be the one this vault was sealed with: the
// expected check value is what the database recorded at the key's first use.
const SecretKey &root_key(int number, ByteView expected_check_value);

}  // namespace vvault::pg
