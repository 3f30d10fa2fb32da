// The chunks of a person's files: each stored once for that person, sealed under a key that
// follows from its own content (message-locked encryption: Bellare, Keelveedhi, Ristenpart,
// EUROCRYPT 2013) and from a secret of the person. So equal chunks of two files are one row,
// while only a file's own manifest, sealed under the file's key, can open them; and nobody
// else can tell whether a person has some content.
#pragma once

#include "core/chunker.hpp"
#include "core/envelope.hpp"
#include "core/file_manifest.hpp"

namespace vvault::pg {

class ChunkStore {
public:
    // The caller may write to, or has been found to be allowed to read, files of that owner.
    explicit ChunkStore(const Uuid &owner) : owner_(owner) {}

    // Where content of the owner is cut.
    const Chunker &chunker() const;

    // What a chunk of that content would be called, and stores it unless it is there.
    ChunkRef name(Kind kind, ByteView content, std::uint64_t size) const;
    void keep(Kind kind, const ChunkRef &ref, ByteView content) const;

    // Throws Errc::does_not_open where the chunk is missing or is another.
    SecretBytes open(Kind kind, const ChunkRef &ref) const;

private:
    Uuid owner_;
};

}  // namespace vvault::pg
