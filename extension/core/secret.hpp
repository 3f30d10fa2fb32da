// A 256-bit key in memory that is locked, guarded and left out of core dumps.
// Keys share 4 KiB slabs of libsodium's guarded memory: a sodium_malloc of its
// own costs a key five pages and 10 us, a slot in a slab next to nothing.
// Like all of core, this is for a process with one thread: a Postgres backend.
#pragma once

#include "bytes.hpp"

namespace vvault {

class SecretKey {
public:
    static constexpr std::size_t size = 32;

    static SecretKey random();
    // Copies; wiping the source is the caller's part. Exactly 32 bytes, else
    // Errc::invalid_argument.
    static SecretKey from(ByteView bytes);

    SecretKey(SecretKey &&other) noexcept;
    SecretKey &operator=(SecretKey &&other) noexcept;
    SecretKey(const SecretKey &) = delete;
    SecretKey &operator=(const SecretKey &) = delete;
    ~SecretKey();

    // Valid while the key lives; empty after it was moved from.
    ByteView view() const noexcept { return {slot_, slot_ == nullptr ? 0 : size}; }

    // In constant time.
    bool operator==(const SecretKey &other) const noexcept;

private:
    explicit SecretKey(std::uint8_t *slot) noexcept : slot_(slot) {}

    std::uint8_t *slot_;
};

}  // namespace vvault
