// An entry as it is handed in: its fields, and what is claimed of them. From a line
// of an export or from the leaf input that a bundle holds.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ledger_leaf.hpp"

namespace verifier {

struct Entry {
    std::uint64_t position = 0;
    vvault::LedgerLeaf leaf;
    // A line says what its fields should hash to; a bundle does not.
    std::optional<vvault::Digest> claimed_hash = {};
    // Of the payload when that is there, which may differ from what the leaf holds.
    std::optional<vvault::Digest> payload_commitment = {};
    // In a person's own export: from the leaf to the root.
    std::optional<std::vector<vvault::Digest>> proof = {};

    // "entry 17 (01949e2d-…)"
    std::string name() const;
};

// Throws Unusable.
Entry entry_from_line(std::string_view line);
Entry entry_from_leaf_input(std::uint64_t position, vvault::ByteView input);

}  // namespace verifier
