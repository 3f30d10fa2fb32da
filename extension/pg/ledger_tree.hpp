// The ledger's tree as its tables hold it: full tiles, the hashes that no full tile holds yet,
// and where an entry is. Reads what the calling statement sees and nothing else, so it works in a
// STABLE function and on a replica. Between connect() and finish() only.
#pragma once

#include <cstdint>
#include <optional>

#include "core/merkle.hpp"
#include "pg/query.hpp"

namespace vvault::pg {

// Throws Errc::ledger_forked where what the node is made of is missing.
Digest ledger_node(unsigned height, std::uint64_t index);

// The hashes of a tile, or as many of its first as are asked for.
Bytes ledger_tile(unsigned level, std::uint64_t tile, unsigned width);

// How many leaves the tables hold, whatever a checkpoint says.
std::uint64_t ledger_leaf_count();

// Where the entry is among the leaves [from, to). Their ids nearly follow the clock, so the
// search begins where the id should be and goes outwards from there.
std::optional<std::uint64_t> find_leaf(const Uuid &entry, std::uint64_t from, std::uint64_t to);

}  // namespace vvault::pg
