#include <cstring>

#include "pg/boundary.hpp"
#include "pg/key_locks.hpp"

extern "C" {
#include "storage/lock.h"
}

namespace vvault::pg {

namespace {

// Advisory locks of SQL have 1 or 2 in the tag's last field.
constexpr uint16 keys_of_a_person = 0x7676;
constexpr uint16 root_keys_of_the_vault = 0x7677;

void take(uint32 high, uint32 low, uint16 kind, LOCKMODE mode) {
    LOCKTAG tag;
    SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, high, low, kind);
    call(LockAcquire, static_cast<const LOCKTAG *>(&tag), mode, false, false);
}

// The end of a UUID is its random part. Two persons who share it wait for each other now
// and then, and that is all.
void take_person(const Uuid &owner, LOCKMODE mode) {
    uint32 words[2];
    std::memcpy(words, owner.data() + 8, sizeof words);
    take(words[0], words[1], keys_of_a_person, mode);
}

}  // namespace

void share_keys_of(const Uuid &owner) {
    take_person(owner, ShareLock);
}

void hold_keys_of(const Uuid &owner) {
    take_person(owner, ExclusiveLock);
}

void share_root_keys() {
    take(0, 0, root_keys_of_the_vault, ShareLock);
}

void hold_root_keys() {
    take(0, 0, root_keys_of_the_vault, ExclusiveLock);
}

}  // namespace vvault::pg
