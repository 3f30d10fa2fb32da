// Sealed values opened at their place, with whatever key their header names.
#pragma once

#include <optional>

#include "core/envelope.hpp"

namespace vvault::pg {

// Throws Errc::does_not_open, which says what does not, or Errc::shredded.
SecretBytes open_at(const Place &place, ByteView sealed);

// Nothing where the key was destroyed: lists go on without it.
std::optional<SecretBytes> open_unless_shredded(const Place &place, ByteView sealed);

}  // namespace vvault::pg
