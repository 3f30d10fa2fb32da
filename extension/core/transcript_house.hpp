// The house format: what render_turn() writes and what is needed to read it, and
// the one-line comments in which other writers keep ids and metadata. A message
// comment of ours holds the length of the text, so a reader never looks for its
// end, and no text can pass for the beginning of another turn.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace vvault {

// "<!-- chatty-message:v1 {…} -->" and the like: which kind, and what it holds.
struct Comment {
    std::string_view kind;  // message | turn | session | action
    nlohmann::json payload;
};
std::optional<Comment> read_comment(std::string_view line);

// Cheaper: whether it looks like one.
bool is_comment(std::string_view line);

// "<!-- CHATTY_METADATA <base64url of a JSON object> -->"
std::optional<nlohmann::json> read_metadata_comment(std::string_view line);

struct CountedTurn {
    std::string role;
    std::string at;  // the time as the sender wrote it
    std::string id;
    std::string_view speaker;
    std::string_view content;
    std::string_view metadata_line;  // "" where there is none
    std::size_t end = 0;             // behind the blank line that closes it
};

// The turn whose comment line begins at `at`; nothing unless every byte is where
// render_turn() would have put it.
std::optional<CountedTurn> read_counted_turn(std::string_view content, std::size_t at);

}  // namespace vvault
