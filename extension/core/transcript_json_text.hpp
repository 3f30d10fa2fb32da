// JSON from strangers: no exception, no deep recursion, no text that a database
// would refuse. Whatever is not JSON, or nests too deep, is simply not there.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace vvault {

inline constexpr std::size_t deepest_json = 200;

// Half surrogates (\ud83d with no partner) are read as U+FFFD: cut-off emoji are
// common in exports, and the rest of the file is worth having.
std::optional<nlohmann::json> read_json(std::string_view text, std::size_t deepest = deepest_json);

// U+0000 as U+FFFD in every string and key: PostgreSQL holds no such character.
void drop_nul(nlohmann::json &value);
void drop_nul(std::string &text);

// A member of an object as text: "" where it is absent or not a string.
std::string text_member(const nlohmann::json &object, std::string_view key);

}  // namespace vvault
