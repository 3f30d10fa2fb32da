// How a message is sealed: content and metadata each for their place, under the owner's key,
// and committed to together.
#pragma once

#include <optional>
#include <string_view>

#include "core/bytes.hpp"

namespace vvault::pg {

struct SealedMessage {
    Bytes content;
    std::optional<Bytes> metadata;
    Digest commitment;
};

SealedMessage seal_message(const Uuid &owner, const Uuid &construct, const Uuid &message,
                           std::string_view content, std::optional<std::string_view> metadata);

}  // namespace vvault::pg
