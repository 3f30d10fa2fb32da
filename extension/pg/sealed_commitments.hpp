// The commitment to content that was just sealed, on its way from whoever sealed it to the
// ledger's trigger, for tables that do not keep it in a column: the ledger does.
#pragma once

#include <optional>

#include "core/bytes.hpp"

namespace vvault::pg {

// For the next row that is added to the stream in this subtransaction. What was announced
// before and not taken is forgotten.
void announce_commitment(const Uuid &owner, const Uuid &stream, const Digest &commitment);

// Gives it once.
std::optional<Digest> take_commitment(const Uuid &owner, const Uuid &stream);

}  // namespace vvault::pg
