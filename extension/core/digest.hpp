// SHA-256 for what others must be able to recompute, keyed BLAKE2b for what they
// must not. SHA-256 is OpenSSL's, which uses the CPU's instructions for it;
// libsodium 1.0.18 does not, and a file of 1 MiB would pay for it.
#pragma once

#include <initializer_list>

#include "bytes.hpp"
#include "secret.hpp"

namespace vvault {

// Of the parts, one after the other: the caller makes the boundaries unambiguous.
Digest sha256(std::initializer_list<ByteView> parts);

// BLAKE2b-256 under a key, each part preceded by its length as a u64, so that
// ("ab", "c") and ("a", "bc") differ. For blind indexes and idempotency keys.
Digest keyed_digest(const SecretKey &key, std::initializer_list<ByteView> parts);

}  // namespace vvault
