// Versions of files as bytes: how one is stored beside the version before it, and read again.
// Which version of which file, who may, and what else is known of it is the SQL's part.
#pragma once

#include <optional>

#include "core/file_manifest.hpp"
#include "pg/boundary.hpp"

namespace vvault::pg {

struct FileVersion {
    Uuid owner;
    Uuid file;
    std::int64_t number;
};

struct StoredVersion {
    Datum info;  // sealed
    Digest commitment;
    int continues;  // how many versions right before this one it is read together with
};

// Stores what is new of the content. `before` is the live version that it follows, where that
// one can be opened: what both share is not stored again, and of a file that only grew no more
// than what was added.
StoredVersion store_version(const FileVersion &version, ByteView content, std::string_view metadata,
                            std::optional<std::int64_t> before);

// The content of an old version once more, as this version: the same chunks.
StoredVersion repeat_version(const FileVersion &version, std::int64_t old,
                             std::optional<std::int64_t> before);

// The sealed info of a version that no longer continues those before it. Its commitment stays.
Datum standalone_info(const FileVersion &version);

// Throws Errc::does_not_open where any row of it is missing or is another's.
FileInfo open_info(const FileVersion &version, ByteView sealed);
// Nothing where the file's key was destroyed.
std::optional<FileInfo> open_info_unless_shredded(const FileVersion &version, ByteView sealed);
Datum read_version(const FileVersion &version);
// Opens only the chunks that hold these bytes; what lies behind the end is left out.
Datum read_range(const FileVersion &version, std::uint64_t offset, std::uint64_t length);

}  // namespace vvault::pg
