// Versions of files as bytes: how one is stored beside the version before it, and read again.
// Which version of which file, who may, and what else is known of it is the SQL's part.
#pragma once

#include <optional>

#include "pg/boundary.hpp"
#include "core/file_manifest.hpp"

namespace vvault::pg {

struct FileVersion {
    Uuid owner;
    Uuid file;
    std::int64_t number;
};

struct StoredVersion {
    std::optional<Datum> info;  // sealed, for the version's row; of one that continues, none
    Digest commitment;
};

// Stores what is new of the content. `before` is the newest version with content: what both
// share is not stored again, and of a file that only grew no more than what was added. Nothing
// where the content is to differ and does not; no metadata then means any.
enum class Store { always, if_it_differs };
std::optional<StoredVersion> store_version(const FileVersion &version, ByteView content,
                                           std::string_view metadata,
                                           std::optional<std::int64_t> before, Store when);

// Content that came in parts: cut up, its chunks stored. Or all of it at once, uncut.
struct NewContent {
    Digest sha256;
    ChunkRefs refs;
    ByteView rest;  // behind the last cut
    std::optional<ByteView> whole;
};
std::optional<StoredVersion> store_content(const FileVersion &version, NewContent now,
                                           std::string_view metadata,
                                           std::optional<std::int64_t> before, Store when);

// The content of an old version once more, as this version: the same chunks.
StoredVersion repeat_version(const FileVersion &version, std::int64_t old,
                             std::optional<std::int64_t> before);

// The sealed info of a version that holds nothing of older ones and needs none of them, where
// it has to have another for that. Its commitment stays.
std::optional<Datum> standalone_info(const FileVersion &version);

// Throws Errc::does_not_open where any row of it is missing or is another's.
Datum read_version(const FileVersion &version);
// Opens only the chunks that hold these bytes; what lies behind the end is left out.
Datum read_range(const FileVersion &version, std::uint64_t offset, std::uint64_t length);

}  // namespace vvault::pg
