// JSON from strangers who may wish us ill: whole, of bounded size and depth, and with no
// member given twice, because two readers of such a text may see two different things.
#pragma once

#include <optional>
#include <string_view>

#include <nlohmann/json.hpp>

namespace vvault {

struct JsonBounds {
    std::size_t bytes;
    std::size_t depth;
};

// An object, or nothing.
std::optional<nlohmann::json> strict_json_object(std::string_view text, JsonBounds bounds);

// A member that is a text, else nothing.
std::optional<std::string> text_member(const nlohmann::json &object, const char *name);

}  // namespace vvault
