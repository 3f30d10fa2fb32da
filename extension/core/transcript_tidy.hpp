// A turn's raw text, made the text that was said: without the blank lines around
// it, without the comments and lists that writers put above and below it.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace vvault {

struct TidyText {
    std::string content;
    nlohmann::json metadata = nlohmann::json::object();  // CHATTY_METADATA, attachments
    bool had_noise = false;
    bool had_metadata = false;
};

TidyText tidy_text(std::string_view raw);

// Whether the text ends in a rule, and the text without it.
bool ends_in_rule(std::string_view raw);
std::string_view without_last_rule(std::string_view raw);

}  // namespace vvault
