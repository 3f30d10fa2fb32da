// A version of a file put together from where its parts are: from its own info, from those of
// the versions that it continues, or from the later version that took it over.
#pragma once

#include <optional>

#include "core/envelope.hpp"
#include "core/error.hpp"
#include "core/file_info.hpp"
#include "pg/file_versions.hpp"

namespace vvault::pg {

struct WholeVersion {
    Digest sha256;
    std::string metadata;
    std::uint64_t size;
    // Its content is the beginning of these; all of it, unless a later version took it over.
    std::optional<Root> root;
    SecretBytes tail;
    Seed seed;
    // Itself and those before it, as far as they continue one that stands alone; none where it
    // does itself.
    std::vector<PastVersion> continued;

    std::uint64_t size_of_root() const { return root ? root->top.size : 0; }
};

Place info_place(const FileVersion &version);
Error does_not_fit(const FileVersion &version);

// Nothing where the file's key was destroyed. Throws Errc::does_not_open where any row of it
// is missing or is another's.
std::optional<WholeVersion> find_whole_version(const FileVersion &version);

// Only what is to be told of a version, which takes fewer looks; sealed is its row's info, if
// it has one.
std::optional<PastVersion> find_past_version(const FileVersion &version,
                                             const std::optional<ByteView> &sealed);

// The sealed info in the version's own row, if it has one.
std::optional<Datum> find_info(const FileVersion &version);
// Nothing where the file's key was destroyed.
std::optional<FileInfo> open_info(const FileVersion &version, ByteView sealed);

}  // namespace vvault::pg
