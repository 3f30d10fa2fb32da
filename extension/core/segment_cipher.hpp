// The body of an envelope: segments of 64 KiB, each with its tag, under one key
// that is used for this envelope only. That key's being fresh is what lets the
// nonce be a mere counter. Knows nothing of headers, places or data keys.
#pragma once

#include "bytes.hpp"

namespace vvault::detail {

enum class Suite : std::uint8_t {
    aes_256_gcm = 1,
    chacha20_poly1305 = 2,
};

// AES where the CPU does it in hardware, ChaCha20 elsewhere: both are open to any
// reader, so that a vault may move between machines.
Suite preferred_suite();

// 32 bytes derived for one envelope.
using SegmentKey = ByteView;

// How long the plaintext of a body is; nothing when no plaintext gives a body of
// this length. An empty plaintext is one empty segment, and only that.
std::optional<std::size_t> plain_body_size(std::size_t sealed_body_size);
std::size_t sealed_body_size(std::size_t plain_body_size);

// `sealed` and `plaintext` have the sizes the two functions above tell.
void seal_segments(Suite suite, SegmentKey key, ByteView plaintext, std::span<std::uint8_t> sealed);

// False when any segment fails; `plaintext` then holds what must not be shown.
bool open_segments(Suite suite, SegmentKey key, ByteView sealed, std::span<std::uint8_t> plaintext);

}  // namespace vvault::detail
