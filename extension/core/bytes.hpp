// Bytes and the few ways of writing them down: big-endian integers, hex, both
// kinds of base64, the text of a UUID. Everything that is hashed, sealed or signed is
// put together with append*(), so that a format reads as a list of its fields.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sodium.h>

namespace vvault {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
using Uuid = std::array<std::uint8_t, 16>;
using Digest = std::array<std::uint8_t, 32>;

// Wipes what it gives back, so that a plaintext does not outlive its vector: not
// when it is destroyed by an exception, nor when it grows and moves.
template <class T>
struct WipingAllocator {
    using value_type = T;

    WipingAllocator() = default;
    template <class U>
    WipingAllocator(const WipingAllocator<U> &) noexcept {}

    T *allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
    void deallocate(T *memory, std::size_t count) noexcept {
        sodium_memzero(memory, count * sizeof(T));
        std::allocator<T>().deallocate(memory, count);
    }
    template <class U>
    bool operator==(const WipingAllocator<U> &) const noexcept {
        return true;
    }
};

using SecretBytes = std::vector<std::uint8_t, WipingAllocator<std::uint8_t>>;

// Where a large result goes, so that it need not be copied there: asked once at most, for
// memory of exactly that many bytes.
struct Memory {
    std::span<std::uint8_t> (*take)(void *owner, std::size_t size);
    void *owner;
};
template <class Vector>
Memory memory_of(Vector &vector) {
    return {[](void *owner, std::size_t size) {
                auto &bytes = *static_cast<Vector *>(owner);
                bytes.resize(size);
                return std::span<std::uint8_t>(bytes);
            },
            &vector};
}

inline ByteView as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t *>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

inline void append(Bytes &to, ByteView bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}
void append_be16(Bytes &to, std::uint16_t value);
void append_be32(Bytes &to, std::uint32_t value);
void append_be64(Bytes &to, std::uint64_t value);

// The first 2, 4 or 8 bytes of the view; a shorter view is refused as
// Errc::internal, because whoever reads must have checked the length before.
std::uint16_t read_be16(ByteView from);
std::uint32_t read_be32(ByteView from);
std::uint64_t read_be64(ByteView from);

// Lower case out; either case in. Nothing is skipped, an odd digit is refused.
std::string hex(ByteView bytes);
std::optional<Bytes> from_hex(std::string_view text);

// RFC 4648 section 5 without padding. Only the one canonical text of a value is
// accepted: no padding, no white space, no stray bits in the last character.
std::string base64url(ByteView bytes);
std::optional<Bytes> from_base64url(std::string_view text);
// Section 4, with padding; as strict.
std::string base64(ByteView bytes);
std::optional<Bytes> from_base64(std::string_view text);

// 8-4-4-4-12, lower case out, either case in; no braces, no other spelling.
std::string uuid_text(const Uuid &uuid);
std::optional<Uuid> uuid_from_text(std::string_view text);

}  // namespace vvault
