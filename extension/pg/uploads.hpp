// Uploads as bytes: each part of a content is cut up and its chunks are stored as it comes, so
// that what remains to be done at the end, and what has to be kept meanwhile, is small. Who may
// upload what, and whether a part fits, is the SQL's.
#pragma once

#include "core/key_ring.hpp"
#include "core/upload_state.hpp"
#include "pg/file_versions.hpp"

namespace vvault::pg {

struct Upload {
    Uuid owner;
    Uuid id;
    Scope scope;  // whose key seals what is kept of it
};

// The sealed state as the upload's row has it; none before the first part.
using SealedState = std::optional<ByteView>;

struct AppendedPart {
    Datum state;
    Datum refs;                // sealed
    std::vector<Uuid> chunks;  // that must stay, in the clear
};
AppendedPart append_part(const Upload &upload, std::uint32_t number, const SealedState &state,
                         ByteView data);

// Whether that part, as it was stored, had this content.
bool is_part(const Upload &upload, std::uint32_t number, ByteView refs, ByteView data);

// Of all that has come.
Digest upload_digest(const Upload &upload, const SealedState &state);

// All parts together as a version; as store_version().
std::optional<StoredVersion> store_upload(const FileVersion &version, const Upload &upload,
                                          const SealedState &state, std::string_view metadata,
                                          std::optional<std::int64_t> before, Store when);

// What is kept of an upload, under its scope's active key. Part 0 is the state.
Datum reseal_upload(const Upload &upload, std::uint32_t number, ByteView sealed);

}  // namespace vvault::pg
