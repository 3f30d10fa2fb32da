// Data keys: found in vvault.data_keys, unwrapped with a root key, and kept in guarded
// memory of this backend until they are changed or dropped anywhere in the cluster.
#pragma once

#include "core/secret.hpp"
#include "pg/postgres.hpp"

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

// Registers the callbacks that drop keys; called once, from _PG_init.
void watch_data_keys();

// Called by the trigger on vvault.data_keys: every backend forgets its keys at the commit
// of this transaction, before it next uses one.
void announce_changed_data_keys(Oid relation);

}  // namespace vvault::pg
