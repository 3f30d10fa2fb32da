#include "transcript_message_file.hpp"

#include <map>

#include "timestamp.hpp"
#include "transcript_json_text.hpp"
#include "transcript_text.hpp"
#include "transcript_tidy.hpp"
#include "transcript_words.hpp"

namespace vvault {

namespace {

struct MessageHead {
    std::map<std::string, std::string_view> fields;  // by folded key
    std::size_t text = 0;
};

std::optional<MessageHead> read_head(std::string_view content) {
    constexpr int most_fields = 40;
    MessageHead head;
    std::size_t at = content.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    for (int count = 0; at < content.size() && count < most_fields; ++count) {
        const auto line = line_at(content, at);
        at = line.next;
        if (!line.text.starts_with("# ")) return std::nullopt;
        const auto text = trim(line.text.substr(2));
        if (text == "---") {
            head.text = at;
            return head;
        }
        const auto colon = text.find(':');
        if (colon == text.npos || colon == 0 || colon > 40) return std::nullopt;
        head.fields.emplace(fold(text.substr(0, colon)), trim(text.substr(colon + 1)));
    }
    return std::nullopt;
}

std::string take(MessageHead &head, const char *key) {
    const auto found = head.fields.find(key);
    if (found == head.fields.end()) return {};
    std::string value(found->second);
    head.fields.erase(found);
    return value;
}

}  // namespace

bool parse_message_file(const PathFacts &facts, std::string_view content, ParsedFile &file) {
    auto head = read_head(content);
    if (!head || !head->fields.contains("role")) return false;
    if (!head->fields.contains("timestamp") && !head->fields.contains("session")) return false;

    Turn turn;
    const auto role = fold(take(*head, "role"));
    turn.role = role == "user" || role == "assistant" ? role : "system";
    turn.timestamp = take(*head, "timestamp");
    turn.at_us = parse_timestamp(turn.timestamp);
    turn.timestamp_source = turn.at_us ? "exact" : "unknown";
    auto tidy = tidy_text(content.substr(head->text));
    turn.content = std::move(tidy.content);
    turn.metadata = std::move(tidy.metadata);

    ParsedSession session;
    session.external_id = take(*head, "session");
    if (session.external_id.empty()) session.external_id = facts.folder_session;
    if (session.external_id.empty()) session.external_id = "file:" + facts.path;
    session.construct = facts.construct;
    if (const auto construct = take(*head, "construct");
        session.construct.empty() && !construct.empty())
        session.construct = callsign(construct);
    if (session.construct.empty()) session.construct = construct_of_session(session.external_id);
    session.metadata["sourcePath"] = facts.path;

    const auto emotions = take(*head, "emotions");
    if (auto json = read_json(emotions))
        turn.metadata["emotions"] = std::move(*json);
    else if (!emotions.empty())
        turn.metadata["emotions"] = emotions;
    for (const auto &[key, value] : head->fields)
        if (!value.empty()) turn.metadata[key] = value;
    if (turn.role == "system" && role != "system") turn.metadata["role"] = role;

    add_format(file, "I");
    if (is_creation(turn, session.title)) return true;
    session.turns.push_back(std::move(turn));
    add_session(file, std::move(session));
    return true;
}

}  // namespace vvault
