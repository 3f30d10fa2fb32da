// A consistency proof as the gateway hands it out: {"from": …, "to": …, "proof": [hex …]}.
#pragma once

#include <string>
#include <vector>

#include "core/bytes.hpp"

namespace verifier {

struct ConsistencyFile {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    std::vector<vvault::Digest> proof;
};

// Throws Unusable.
ConsistencyFile consistency_from_text(std::string_view text);

}  // namespace verifier
