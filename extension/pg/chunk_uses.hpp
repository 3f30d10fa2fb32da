// Which versions of which file use a chunk, in the clear, so that what nothing uses any more
// can be removed without a key.
#pragma once

#include "pg/file_tree.hpp"
#include "pg/file_versions.hpp"

namespace vvault::pg {

// From this version on the file uses the chunks of `now` and no longer those of `before`.
void record_uses(const FileVersion &version, const TreeParts &before, const TreeParts &now);

}  // namespace vvault::pg
