// What the content of a file consists of (doc/file-versions.md, byte by byte): references to
// chunks, and the pages that list them. Where chunks are kept, and what they are sealed with,
// is not known here.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "bytes.hpp"

namespace vvault {

// Wiped wherever a copy of it goes: it opens its chunk also after its file was shredded.
struct ChunkKey : Digest {
    ChunkKey() : Digest{} {}
    ChunkKey(const ChunkKey &) = default;
    ChunkKey &operator=(const ChunkKey &) = default;
    ~ChunkKey() { sodium_memzero(data(), size()); }
};

// Enough to find a chunk and to open it; whoever has no reference can do neither.
struct ChunkRef {
    Uuid id;
    ChunkKey key;
    std::uint64_t size;  // bytes of the file, also where the chunk is a page of references

    bool operator==(const ChunkRef &) const = default;
};
using ChunkRefs = std::vector<ChunkRef>;

// A page lists chunks, or pages of one level less. Where a page ends is decided by the
// references in it, so that an edit changes the pages above it and no others.
std::vector<ChunkRefs> split_into_pages(const ChunkRefs &refs);
SecretBytes encode_page(const ChunkRefs &refs);
// Throws Errc::does_not_open for what encode_page() does not give.
ChunkRefs decode_page(ByteView page);

// The top of the tree: at height 0 it is a chunk of the file itself.
struct Root {
    std::uint8_t height;
    ChunkRef top;
};

// The same, one after the other: to find one of them in a page of a hundred.
std::size_t refs_in(ByteView page);
std::uint64_t size_of_ref(ByteView page, std::size_t number);
ChunkRef ref_in(ByteView page, std::size_t number);

// How a reference is written, also where it is not in a page.
constexpr std::size_t chunk_ref_size = 16 + 32 + 8;
SecretBytes encode_ref(const ChunkRef &ref);
ChunkRef decode_ref(std::span<const std::uint8_t, chunk_ref_size> bytes);

}  // namespace vvault
