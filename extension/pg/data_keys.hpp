// Data keys: found in vvault.data_keys, unwrapped with a root key, and kept in guarded
// memory of this backend until they are changed or dropped anywhere in the cluster.
#pragma once

#include "core/secret.hpp"

namespace vvault::pg {

enum class KeyPurpose {
    content,  // seals what people wrote
    lookup,   // keyed digests: what makes a repeated message known again
};

struct DataKey {
    std::uint64_t id;
    const SecretKey *key;  // valid until the next call into this file
};

// The owner's key for new data; made at the first need. The caller's identity must be
// allowed to use the owner's keys, or Errc::not_permitted.
DataKey active_data_key(const Uuid &owner, KeyPurpose purpose);

// The owner's key of that id, for what was sealed earlier. Errc::does_not_open where the
// owner has no such key.
const SecretKey &data_key(const Uuid &owner, std::uint64_t id);

}  // namespace vvault::pg
