// How a message is sealed: content and metadata each for their place, under the owner's key,
// and committed to together.
#pragma once

#include <optional>
#include <string_view>

#include "pg/datum.hpp"

namespace vvault::pg {

// Of the blind that stands in front of the content inside its sealed bytes.
constexpr std::size_t message_blind_size = 32;

struct SealedMessage {
    Datum content;
    std::optional<Datum> metadata;
    Digest commitment;
};

SealedMessage seal_message(const Uuid &owner, const Uuid &construct, const Uuid &message,
                           std::string_view content, std::optional<std::string_view> metadata);

}  // namespace vvault::pg
