// What a ledger entry hashes to. doc/ledger-leaf.md has it byte by byte: anybody
// with SHA-256 can recompute a leaf from an export. The tree above the leaves is
// RFC 6962 and not here. A leaf holds commitments, never content, so it may be
// published and survives the content's erasure.
#pragma once

#include <array>
#include <string>

#include "bytes.hpp"

namespace vvault {

using PayloadSalt = std::array<std::uint8_t, 16>;

struct LedgerLeaf {
    Uuid id{};
    Uuid user_id{};
    Uuid stream_id{};              // the file, session or other thing this is about
    std::uint64_t stream_seq = 0;  // gapless within the stream
    Digest previous{};             // leaf hash of the stream's last entry; zeros for the first
    std::string event_type;
    std::int64_t timestamp_us = 0;  // since 1970-01-01 UTC
    std::string actor;
    std::uint64_t xid = 0;
    Digest payload_commitment{};
    Digest content_commitment{};  // zeros when the event has no content
};

// Throws Errc::invalid_argument when event_type or actor is over 65535 bytes.
Bytes leaf_input(const LedgerLeaf &leaf);
Digest leaf_hash(ByteView leaf_input);
Digest leaf_hash(const LedgerLeaf &leaf);

// Salt and blind are random bytes, else Errc::invalid_argument: without them a
// published commitment could be tried against guesses.
Digest payload_commitment(ByteView salt, ByteView payload);
// The blind has 32 bytes: it comes from a hash.
Digest content_commitment(ByteView blind, ByteView content, ByteView metadata);
// The same for content of which only the SHA-256 is at hand.
Digest content_commitment_of(ByteView blind, const Digest &content_sha256, ByteView metadata);

}  // namespace vvault
