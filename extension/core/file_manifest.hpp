// What a version of a file consists of (doc/file-versions.md, byte by byte): references to
// chunks, the pages that list them, and the info of one version. Where chunks are kept, and
// what they are sealed with, is not known here.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "bytes.hpp"

namespace vvault {

// Enough to find a chunk and to open it; whoever has no reference can do neither.
struct ChunkRef {
    Uuid id;
    Digest key;
    std::uint64_t size;  // bytes of the file, also where the chunk is a page of references

    bool operator==(const ChunkRef &) const = default;
};
using ChunkRefs = std::vector<ChunkRef>;

// A page lists chunks, or pages of one level less. Where a page ends is decided by the
// references in it, so that an edit changes the pages above it and no others.
std::vector<ChunkRefs> split_into_pages(const ChunkRefs &refs);
Bytes encode_page(const ChunkRefs &refs);
// Throws Errc::does_not_open for what encode_page() does not give.
ChunkRefs decode_page(ByteView page);

// The top of the tree: at height 0 it is a chunk of the file itself.
struct Root {
    std::uint8_t height;
    ChunkRef top;
};

constexpr std::size_t info_blind_size = 32;

struct FileInfo {
    std::array<std::uint8_t, info_blind_size> blind;
    Digest sha256;  // of the whole content
    std::string metadata;
    // Set in a version that stands on its own. One that continues the version before it has
    // that one's root, and more bytes behind its tail.
    bool continues = false;
    std::optional<Root> root;
    SecretBytes tail;  // the bytes behind the root's, or behind the continued version's
};

SecretBytes encode_info(const FileInfo &info);
// Throws Errc::does_not_open for what encode_info() does not give.
FileInfo decode_info(ByteView info);

}  // namespace vvault
