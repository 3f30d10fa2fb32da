// Values sealed for their place under a person's data keys, and opened there with whatever key
// their header names.
#pragma once

#include <optional>

#include "core/envelope.hpp"
#include "pg/data_keys.hpp"
#include "pg/datum.hpp"

namespace vvault::pg {

// A bytea, sealed under the scope's active key.
Datum seal_at(const Place &place, const Scope &scope, ByteView plaintext);

// Throws Errc::does_not_open, which says what does not, or Errc::shredded.
SecretBytes open_at(const Place &place, ByteView sealed);

// Nothing where the key was destroyed: lists go on without it.
std::optional<SecretBytes> open_unless_shredded(const Place &place, ByteView sealed);

}  // namespace vvault::pg
