// What stands above the first turn: the import comment, the title, the fields.
// None of it is a turn, even where a field looks like one ("**User**: Ada").
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace vvault {

struct Header {
    std::size_t end = 0;  // where the turns may begin; a rule below it is theirs
    std::string session_id;
    std::string construct;        // callsign
    std::string construct_title;  // the name shown
    std::string title;            // of the conversation
    std::string heading;          // the first # line, title or name
    std::string created_by;
    std::string started_at;  // as written
    std::optional<std::int64_t> started_us;
    std::vector<std::string> names;     // of the construct, former ones too
    std::vector<std::string> headings;  // perhaps names of the construct
    nlohmann::json import_metadata = nlohmann::json::object();
    std::set<std::string> formats;
};

Header read_header(std::string_view content);

}  // namespace vvault
