// Messages to markdown, in the format in which Chatty itself appends: a rule, a
// name with a time, the text. In front of each stands a comment that holds what
// a reader must not guess (transcript_house.hpp).
#include "transcript.hpp"

#include <algorithm>

#include "bytes.hpp"
#include "transcript_json_text.hpp"
#include "transcript_words.hpp"

namespace vvault {

namespace {

// In a comment, where "-->" would end it: no < or > at all, and only ASCII.
std::string comment_json(const nlohmann::json &payload) {
    const auto plain = payload.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    std::string safe;
    for (const char letter : plain) {
        if (letter == '<')
            safe += "\\u003c";
        else if (letter == '>')
            safe += "\\u003e";
        else
            safe += letter;
    }
    return safe;
}

// One line that markdown and a reader of format E take as nothing else.
std::string label(std::string_view text, std::string_view unwanted) {
    std::string shown;
    for (const char letter : text.substr(0, 200)) {
        const bool control = is_ascii(letter) && (letter < ' ' || letter == 0x7F);
        const bool kept = !control && unwanted.find(letter) == unwanted.npos;
        if (kept)
            shown += letter;
        else if (!shown.empty() && shown.back() != ' ')
            shown += ' ';
    }
    return std::string(trim(shown));
}

// Only how it is shown: where a label is cut, a character may be too.
std::string whole_characters(std::string text) {
    while (!text.empty() && !is_ascii(text.back())) {
        const auto last = static_cast<unsigned char>(text.back());
        text.pop_back();
        if (last >= 0xC0) break;
    }
    return text;
}

std::string shown_label(std::string_view text, std::string_view unwanted) {
    auto shown = label(text, unwanted);
    return text.size() > 200 ? whole_characters(std::move(shown)) : shown;
}

std::string role_name(std::string_view role) {
    std::string name(role);
    if (!name.empty() && is_lower(name[0])) name[0] = static_cast<char>(name[0] - 'a' + 'A');
    return name;
}

// "Zen" for zen-001.
std::string title_of(std::string_view construct) {
    const auto dash = construct.rfind('-');
    return role_name(construct.substr(0, dash));
}

void add(nlohmann::json &object, const char *key, std::string_view value) {
    if (!value.empty()) object[key] = value;
}

// The list of attachments as Chatty writes it; it is skipped when read, the
// metadata has it all.
std::string attachment_list(const nlohmann::json &metadata) {
    const auto found = metadata.find("attachments");
    if (found == metadata.end() || !found->is_array()) return {};
    std::string list;
    for (const auto &attachment : *found) {
        auto name = text_member(attachment, "filename");
        if (name.empty()) name = text_member(attachment, "name");
        auto type = text_member(attachment, "mime");
        if (type.empty()) type = text_member(attachment, "mimeType");
        const auto digest = text_member(attachment, "sha256");
        name = shown_label(name, "");
        type = shown_label(type, "()");
        if (name.empty()) continue;
        list += "- " + name + (type.empty() ? "" : " (" + type + ")") + "\n";
        if (!digest.empty()) list += "  - sha256: " + shown_label(digest, "") + "\n";
    }
    return list.empty() ? list : "\xF0\x9F\x93\x8E attachments:\n" + list + "\n";
}

}  // namespace

std::string render_header(const RenderedHeader &header) {
    const auto name = shown_label(
        header.construct_title.empty() ? title_of(header.construct) : header.construct_title, "*");
    const auto title = shown_label(header.title, "");
    nlohmann::json payload = {{"source", "vvault"}};
    add(payload, "constructId", header.construct);
    add(payload, "constructName", header.construct_title);
    add(payload, "conversationId", header.external_id);
    add(payload, "conversationTitle", header.title);
    add(payload, "createdAt", header.started_at);

    std::string text = "<!-- IMPORT_METADATA " + comment_json(payload) + " -->\n\n";
    text += "# " + (title.empty() ? "Chat with " + name : title) + "\n\n";
    text += "**Created**: " + shown_label(header.started_at, "") + "  \n";
    text += "**Session ID**: " + shown_label(header.external_id, "") + "  \n";
    text += "**Construct**: " + name + "\n\n";
    return text;
}

std::string render_turn(const RenderedTurn &turn) {
    const auto metadata = read_json(turn.metadata);
    const bool with_metadata = metadata && metadata->is_object() && !metadata->empty();
    const auto list = with_metadata ? attachment_list(*metadata) : std::string();

    nlohmann::json payload = {{"role", turn.role}, {"bytes", turn.content.size()}};
    add(payload, "at", turn.timestamp);
    add(payload, "id", turn.id);
    if (!list.empty()) payload["skip"] = list.size();
    auto speaker = shown_label(turn.speaker, "*");
    if (speaker.empty()) speaker = role_name(turn.role);

    std::string text;
    text.reserve(turn.content.size() + turn.metadata.size() * 2 + 512);
    text += "<!-- chatty-message:v1 " + comment_json(payload) + " -->\n\n---\n\n**" + speaker +
            "** (" + shown_label(turn.timestamp, "()") + "):\n\n" + list;
    text += turn.content;
    text += '\n';
    if (with_metadata)
        text += "<!-- CHATTY_METADATA " + base64url(as_bytes(turn.metadata)) + " -->\n";
    text += '\n';
    return text;
}

}  // namespace vvault
