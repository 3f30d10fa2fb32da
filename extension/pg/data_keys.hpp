// Data keys: found in vvault.data_keys, unwrapped with a root key, and kept in guarded
// memory of this backend until they are changed or dropped anywhere in the cluster.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/key_ring.hpp"
#include "core/secret.hpp"

namespace vvault::pg {

// As it stands in the table.
KeyPurpose purpose_of(std::string_view name);

struct DataKey {
    std::uint64_t id;
    const SecretKey *key;  // valid until the next call into this file
};

// The owner's key for new data of that scope; made at the first need. From here on until the
// transaction ends nobody can rotate or destroy the owner's keys. The caller's identity must
// be allowed to use the owner's keys, or Errc::not_permitted; Errc::shredded where the owner's
// vault was destroyed as a whole.
DataKey active_data_key(const Uuid &owner, KeyPurpose purpose, const Scope &scope);

// The owner's key of that id, for what was sealed earlier. Errc::does_not_open where the
// owner has no such key, Errc::shredded where it was destroyed.
const SecretKey &data_key(const Uuid &owner, std::uint64_t id);

// The same as an answer. Null where there is none; `shredded` says whether there was one.
struct StoredKey {
    const SecretKey *key = nullptr;
    bool shredded = false;
};
StoredKey find_data_key(const Uuid &owner, std::uint64_t id);

// The scope's lookup keys that were rotated and whose digests may still be stored.
std::vector<std::uint64_t> older_lookup_keys(const Uuid &owner, const Scope &scope);

}  // namespace vvault::pg
