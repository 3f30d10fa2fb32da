#include "transcript_house.hpp"

#include "bytes.hpp"
#include "transcript_json_text.hpp"
#include "transcript_words.hpp"

namespace vvault {

namespace {

constexpr std::string_view comment_head = "<!-- chatty-";
constexpr std::string_view metadata_head = "<!-- CHATTY_METADATA ";
constexpr std::string_view comment_tail = " -->";
constexpr std::size_t longest_comment = 65'536;

bool skip(std::string_view &rest, std::string_view wanted) {
    if (!rest.starts_with(wanted)) return false;
    rest.remove_prefix(wanted.size());
    return true;
}

// A count in a payload; nothing for what is no natural number.
std::optional<std::size_t> count_member(const nlohmann::json &payload, std::string_view key) {
    const auto member = payload.find(key);
    if (member == payload.end() || !member->is_number_unsigned()) return std::nullopt;
    return member->get<std::size_t>();
}

// "**Ada** (2026-02-12T09:00:00.000Z):\n"; the name is all that is taken from it.
std::optional<std::string_view> skip_title(std::string_view &rest) {
    const auto line = line_at(rest, 0);
    const auto name_end = line.text.find("** (", 2);
    if (!line.text.starts_with("**") || name_end == line.text.npos || !line.text.ends_with("):") ||
        line.next == line.text.size())
        return std::nullopt;
    rest.remove_prefix(line.next);
    return line.text.substr(2, name_end - 2);
}

bool is_role(std::string_view role) {
    return role == "user" || role == "assistant" || role == "system";
}

}  // namespace

bool is_comment(std::string_view line) {
    line = trim_end(line);
    return line.starts_with(comment_head) && line.ends_with(comment_tail) &&
           line.size() <= longest_comment;
}

std::optional<Comment> read_comment(std::string_view line) {
    if (!is_comment(line)) return std::nullopt;
    line = trim_end(line);
    line.remove_prefix(comment_head.size());
    line.remove_suffix(comment_tail.size());
    constexpr std::string_view version = ":v1 ";
    const auto colon = line.find(version);
    if (colon == line.npos) return std::nullopt;
    const auto kind = line.substr(0, colon);
    if (kind != "message" && kind != "turn" && kind != "session" && kind != "action")
        return std::nullopt;
    auto payload = read_json(line.substr(colon + version.size()));
    if (!payload || !payload->is_object()) return std::nullopt;
    return Comment{kind, std::move(*payload)};
}

std::optional<nlohmann::json> read_metadata_comment(std::string_view line) {
    line = trim(line);
    if (!line.starts_with(metadata_head) || !line.ends_with("-->")) return std::nullopt;
    line.remove_prefix(metadata_head.size());
    line.remove_suffix(3);
    line = trim(line);
    while (line.ends_with('=')) line.remove_suffix(1);  // some writers pad
    const auto bytes = from_base64url(line);
    if (!bytes) return std::nullopt;
    auto payload = read_json(as_text(*bytes));
    if (!payload || !payload->is_object()) return std::nullopt;
    return payload;
}

std::optional<CountedTurn> read_counted_turn(std::string_view content, std::size_t at) {
    const auto line = line_at(content, at);
    if (line.text.find("\"bytes\":") == line.text.npos) return std::nullopt;
    auto comment = read_comment(line.text);
    if (!comment || comment->kind != "message") return std::nullopt;
    const auto bytes = count_member(comment->payload, "bytes");
    const auto before = comment->payload.contains("skip") ? count_member(comment->payload, "skip")
                                                          : std::optional<std::size_t>(0);
    if (!bytes || !before || !is_role(text_member(comment->payload, "role"))) return std::nullopt;

    auto rest = content.substr(at + line.text.size());
    if (!skip(rest, "\n\n---\n\n")) return std::nullopt;
    const auto speaker = skip_title(rest);
    if (!speaker || !skip(rest, "\n") || rest.size() < *before) return std::nullopt;
    rest.remove_prefix(*before);
    if (rest.size() < *bytes) return std::nullopt;

    CountedTurn turn;
    turn.speaker = *speaker;
    turn.content = rest.substr(0, *bytes);
    rest.remove_prefix(*bytes);
    if (!skip(rest, "\n")) return std::nullopt;
    if (rest.starts_with(metadata_head)) {
        const auto metadata_line = line_at(rest, 0);
        turn.metadata_line = metadata_line.text;
        rest.remove_prefix(metadata_line.next);
    }
    if (!skip(rest, "\n")) return std::nullopt;
    turn.end = content.size() - rest.size();
    turn.role = text_member(comment->payload, "role");
    turn.at = text_member(comment->payload, "at");
    turn.id = text_member(comment->payload, "id");
    return turn;
}

}  // namespace vvault
