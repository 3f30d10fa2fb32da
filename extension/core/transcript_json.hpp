// A file of JSON: an export of conversations, a row of the old database, or a
// backup wrapped around a transcript. Any other JSON gives no session.
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "transcript.hpp"
#include "transcript_path.hpp"

namespace vvault {

// `depth`: how many backups this content is already wrapped in.
void parse_json(const PathFacts &facts, std::string_view content, const ParseOptions &options,
                int depth, ParsedFile &file);

// Content of whichever kind the path and its first character say.
void parse_content(const PathFacts &facts, std::string_view content, const ParseOptions &options,
                   int depth, ParsedFile &file);

// ISO text, or seconds since 1970 as a number or as text.
struct JsonTime {
    std::string text;  // ISO as written, else ""
    std::optional<std::int64_t> at_us;
};
JsonTime read_json_time(const nlohmann::json &value);

}  // namespace vvault
