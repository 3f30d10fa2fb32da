// The info of one version of a file, which is sealed (doc/file-versions.md, byte by byte): its
// hash, its metadata, and what opens its content. A version that stands alone may also have
// taken over what the versions before it were, so that their own infos can go.
#pragma once

#include <string>

#include "file_manifest.hpp"

namespace vvault {

// 32 random bytes, from which the blinds of a version and of those that continue it follow.
using Seed = std::array<std::uint8_t, 32>;
// The blind of that version's content commitment in the ledger.
Digest version_blind(const Seed &seed, std::uint64_t version);

struct PastVersion {
    Digest sha256;
    std::uint64_t size;
    std::string metadata;
};

// Versions that each continued the one before. What one of them held is the beginning of
// something that is kept anyway, as long as the version's size.
struct PastVersions {
    std::uint64_t last;  // the number of the last of them
    std::vector<PastVersion> versions;
    Seed seed{};
    // Either of the content of the version whose info this is, or of these.
    bool begin_this = true;
    std::optional<Root> root;
    SecretBytes tail;

    std::uint64_t first() const { return last + 1 - versions.size(); }
    bool contain(std::uint64_t version) const { return version >= first() && version <= last; }
};

struct FileInfo {
    Digest sha256;  // of the whole content
    std::string metadata;
    // Continues the version before it: has that one's root and seed, and more bytes behind
    // its tail.
    bool continues = false;
    // What was there before was destroyed with its key.
    bool follows_shredding = false;
    Seed seed{};
    std::optional<Root> root;
    std::optional<PastVersions> past;
    SecretBytes tail;  // the bytes behind the root's, or behind the continued version's
};

SecretBytes encode_info(const FileInfo &info);
// Throws Errc::does_not_open for what encode_info() does not give.
FileInfo decode_info(ByteView info);

}  // namespace vvault
