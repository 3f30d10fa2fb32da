// The infos of versions that continue the one before them. They have rows of their own, which
// are written over once a later version has taken over what they hold: a file that grows has
// as many as the longest row of such versions, and not one more for every save.
#pragma once

#include <optional>

#include "pg/file_versions.hpp"

namespace vvault::pg {

// How many versions may follow one another so: each has a place of its own.
constexpr int tails_limit = 127;

// Nothing where the version has none (any more).
std::optional<Datum> find_tail(const FileVersion &version);

// Writes over that of an older version, which must have been taken over.
void keep_tail(const FileVersion &version, Datum info);

}  // namespace vvault::pg
