#include "transcript_tidy.hpp"

#include <vector>

#include "transcript_house.hpp"
#include "transcript_line.hpp"
#include "transcript_words.hpp"

namespace vvault {

namespace {

std::string_view without_blank_head(std::string_view text) {
    while (!text.empty()) {
        const auto line = line_at(text, 0);
        if (!is_blank(line.text)) break;
        text.remove_prefix(line.next);
    }
    return text;
}

std::string_view without_blank_tail(std::string_view text) {
    while (!text.empty()) {
        const auto cut = text.rfind('\n');
        const auto last = cut == text.npos ? text : text.substr(cut + 1);
        if (!is_blank(last)) break;
        text = text.substr(0, cut == text.npos ? 0 : cut);
    }
    if (text.ends_with('\r')) text.remove_suffix(1);
    return text;
}

// The last line of a text without blank lines at its end.
std::string_view last_line(std::string_view text) {
    const auto cut = text.rfind('\n');
    return cut == text.npos ? text : text.substr(cut + 1);
}

std::string_view without_last_line(std::string_view text) {
    return without_blank_tail(text.substr(0, text.size() - last_line(text).size()));
}

bool is_attachment_title(std::string_view line) {
    line = trim(line);
    // The paper clip, as it is and as it looks once it was double-encoded.
    return line == "\xF0\x9F\x93\x8E attachments:" ||
           line == "\xC3\xB0\xC5\xB8\xE2\x80\x9C\xC5\xBD attachments:";
}

// "photo.png (image/png)"
nlohmann::json read_attachment(std::string_view text) {
    nlohmann::json attachment = nlohmann::json::object();
    text = trim(text);
    const auto open = text.rfind(" (");
    if (text.ends_with(')') && open != text.npos && open > 0) {
        attachment["mime"] = text.substr(open + 2, text.size() - open - 3);
        text = text.substr(0, open);
    }
    attachment["filename"] = text;
    return attachment;
}

// Takes the list from the head of the text. Anything that does not look like a
// list of attachments is text, and so is what follows it.
std::string_view take_attachments(std::string_view text, nlohmann::json &metadata) {
    auto line = line_at(text, 0);
    if (!is_attachment_title(line.text)) return text;
    nlohmann::json list = nlohmann::json::array();
    auto at = line.next;
    for (; at < text.size(); at = line.next) {
        line = line_at(text, at);
        const auto colon = line.text.find(": ");
        if (line.text.starts_with("- ")) {
            list.push_back(read_attachment(line.text.substr(2)));
        } else if (line.text.starts_with("  - ") && colon != line.text.npos && !list.empty()) {
            list.back()[std::string(line.text.substr(4, colon - 4))] =
                trim(line.text.substr(colon + 2));
        } else {
            break;
        }
    }
    if (list.empty()) return text;
    metadata["attachments"] = std::move(list);
    return without_blank_head(text.substr(at));
}

std::string with_line_feeds(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n') continue;
        plain += text[at];
    }
    return plain;
}

}  // namespace

TidyText tidy_text(std::string_view raw) {
    TidyText tidy;
    auto text = without_blank_tail(without_blank_head(raw));
    while (!text.empty()) {
        const auto line = last_line(text);
        if (auto metadata = read_metadata_comment(line)) {
            metadata->update(tidy.metadata);  // of several, the last one written
            tidy.metadata = std::move(*metadata);
            tidy.had_metadata = true;
        } else if (is_noise(line)) {
            tidy.had_noise = true;
        } else if (!is_comment(line) || !read_comment(line)) {
            break;
        }
        text = without_last_line(text);
    }
    while (!text.empty() && is_noise(line_at(text, 0).text)) {
        tidy.had_noise = true;
        text = without_blank_head(text.substr(line_at(text, 0).next));
    }
    text = take_attachments(text, tidy.metadata);
    tidy.content = with_line_feeds(text);
    return tidy;
}

bool ends_in_rule(std::string_view raw) {
    return is_rule(last_line(without_blank_tail(raw)));
}

std::string_view without_last_rule(std::string_view raw) {
    return without_last_line(without_blank_tail(raw));
}

}  // namespace vvault
