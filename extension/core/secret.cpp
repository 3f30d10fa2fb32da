#include "secret.hpp"

#include <cstring>
#include <new>
#include <utility>

#include "error.hpp"

namespace vvault {

namespace {

// One sodium_malloc: 127 keys behind a head of the same size as a key. Slabs are
// never given back, because a backend that held many keys once will again, and
// the list of them is a plain pointer, because a static with a destructor would
// run while the process exits with keys still in use.
struct Slab {
    static constexpr std::size_t slots = 127;

    Slab *next;
    std::uint64_t used[2];
    std::uint64_t unused_padding;
    std::uint8_t keys[slots][SecretKey::size];
};
static_assert(sizeof(Slab) == 4096);

Slab *first_slab = nullptr;

Slab *new_slab() {
    if (sodium_init() < 0) throw Error(Errc::internal, "libsodium cannot be initialised");
    void *const memory = sodium_malloc(sizeof(Slab));
    if (memory == nullptr) throw std::bad_alloc();
    return new (memory) Slab{.next = first_slab, .used = {}, .unused_padding = 0, .keys = {}};
}

std::uint8_t *take_slot() {
    for (Slab *slab = first_slab; slab != nullptr; slab = slab->next) {
        for (std::size_t i = 0; i < Slab::slots; ++i) {
            const std::uint64_t bit = std::uint64_t{1} << (i % 64);
            if ((slab->used[i / 64] & bit) != 0) continue;
            slab->used[i / 64] |= bit;
            return slab->keys[i];
        }
    }
    first_slab = new_slab();
    first_slab->used[0] = 1;
    return first_slab->keys[0];
}

void give_back(std::uint8_t *slot) noexcept {
    sodium_memzero(slot, SecretKey::size);
    for (Slab *slab = first_slab; slab != nullptr; slab = slab->next) {
        // As integers: pointers into different slabs may not be subtracted. One
        // from below the slab wraps round to a number far above it.
        const auto offset =
            reinterpret_cast<std::uintptr_t>(slot) - reinterpret_cast<std::uintptr_t>(slab->keys);
        if (offset >= sizeof(slab->keys)) continue;
        const std::size_t i = offset / SecretKey::size;
        slab->used[i / 64] &= ~(std::uint64_t{1} << (i % 64));
        return;
    }
}

}  // namespace

SecretKey SecretKey::random() {
    SecretKey key(take_slot());
    randombytes_buf(key.slot_, size);
    return key;
}

SecretKey SecretKey::from(ByteView bytes) {
    if (bytes.size() != size)
        throw Error(Errc::invalid_argument,
                    "a key has 32 bytes, not " + std::to_string(bytes.size()));
    SecretKey key(take_slot());
    std::memcpy(key.slot_, bytes.data(), size);
    return key;
}

SecretKey::SecretKey(SecretKey &&other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}

SecretKey &SecretKey::operator=(SecretKey &&other) noexcept {
    std::swap(slot_, other.slot_);
    return *this;
}

SecretKey::~SecretKey() {
    if (slot_ != nullptr) give_back(slot_);
}

bool SecretKey::operator==(const SecretKey &other) const noexcept {
    if (slot_ == nullptr || other.slot_ == nullptr) return slot_ == other.slot_;
    return sodium_memcmp(slot_, other.slot_, size) == 0;
}

}  // namespace vvault
