#include "transcript_header.hpp"

#include <algorithm>
#include <array>

#include "timestamp.hpp"
#include "transcript.hpp"
#include "transcript_clock.hpp"
#include "transcript_json_text.hpp"
#include "transcript_line.hpp"
#include "transcript_words.hpp"

namespace vvault {

namespace {

constexpr std::string_view import_head = "<!-- IMPORT_METADATA";

// A paragraph with at least one of these is a block of fields.
constexpr std::array<std::string_view, 30> field_keys{
    "created",      "session id",   "sessionid",    "conversation id",   "conversationid",
    "construct",    "constructid",  "construct id", "constructname",     "callsign",
    "platform",     "period",       "source",       "source file",       "converted",
    "word count",   "importedat",   "exported",     "conversationtitle", "runtimeid",
    "createdby",    "createdat",    "isprimary",    "renamedfrom",       "owner",
    "participants", "last updated", "started",      "file category",     "constructcallsign"};

bool is_field_key(std::string_view key) {
    return std::find(field_keys.begin(), field_keys.end(), key) != field_keys.end();
}

struct Field {
    std::string key;  // folded
    std::string_view written;
    std::string_view value;
};

std::optional<Field> read_field(std::string_view line) {
    constexpr std::size_t longest_key = 40;
    auto text = trim_end(line);
    const bool bold = text.starts_with("**");
    if (bold) text.remove_prefix(2);
    const auto end = text.substr(0, longest_key).find(bold ? "**:" : ":");
    if (end == text.npos || end == 0 || text.front() == '#') return std::nullopt;
    const auto key = text.substr(0, end);
    if (!std::all_of(key.begin(), key.end(), [](char letter) {
            return is_letter(letter) || letter == ' ' || letter == '_';
        }))
        return std::nullopt;
    return Field{fold(key), key, trim(text.substr(end + (bold ? 3 : 1)))};
}

class HeaderReader {
public:
    explicit HeaderReader(std::string_view content) : content_(content) {}

    Header run() {
        if (content_.starts_with("\xEF\xBB\xBF")) header_.end = 3;
        read_front_matter();
        auto at = header_.end;
        while (at < content_.size()) {
            const auto line = line_at(content_, at);
            if (is_blank(line.text) || is_rule(line.text)) {
                at = line.next;
                continue;
            }
            const auto next = read(line);
            if (next == at) break;
            at = header_.end = next;
        }
        return std::move(header_);
    }

private:
    // Where to go on; the same place when the line is no header.
    std::size_t read(const Line &line) {
        const auto text = trim_end(line.text);
        if (text.starts_with("<!--")) return read_html_comment(line);
        if (text.starts_with("# ")) return read_heading(text.substr(2)) ? line.next : line.begin;
        if (text.starts_with("Transcript started ")) {
            header_.formats.insert("F");
            set_start(text.substr(19));
            return line.next;
        }
        const bool underline = text.size() <= 80 && text.find("=-") != text.npos &&
                               text.find_first_not_of("-=") == text.npos;
        const bool window_title =
            text == "\xC3\x97" ||
            (text.size() <= 120 && text.ends_with(".md") && text.starts_with("chat_with_"));
        if (underline || window_title) return line.next;
        return read_fields(line);
    }

    std::size_t read_html_comment(const Line &line) {
        if (line.text.starts_with("<!-- chatty-") || line.text.starts_with("<!-- CHATTY_"))
            return line.begin;
        const auto close = content_.find("-->", line.begin);
        if (close == content_.npos) return line.begin;
        if (line.text.starts_with(import_head)) {
            const auto from = line.begin + import_head.size();
            read_import(trim(content_.substr(from, close - from)));
        }
        return line_at(content_, close).next;
    }

    void read_import(std::string_view body) {
        header_.formats.insert("A");
        if (auto json = read_json(body); json && json->is_object()) {
            header_.import_metadata = std::move(*json);
        } else {
            for (std::size_t at = 0; at < body.size();) {
                const auto line = line_at(body, at);
                if (const auto field = read_field(trim(line.text)))
                    header_.import_metadata[std::string(field->written)] = field->value;
                at = line.next;
            }
        }
        for (const auto &[key, value] : header_.import_metadata.items())
            if (value.is_string()) set_field(fold(key), value.get_ref<const std::string &>());
    }

    bool read_heading(std::string_view text) {
        text = trim(text);
        if (!header_.heading.empty() || read_date(text)) return false;
        header_.heading = text;
        constexpr std::string_view unified = "Unified Transcript";
        constexpr std::string_view chat = "Chat with ";
        if (text.ends_with(unified)) {
            header_.formats.insert("H");
            text = trim(text.substr(0, text.size() - unified.size()));
        }
        if (text.starts_with(chat)) text = trim(text.substr(chat.size()));
        if (std::count(text.begin(), text.end(), ' ') < 2) header_.headings.emplace_back(text);
        return true;
    }

    // The whole paragraph, if it is one of fields.
    std::size_t read_fields(const Line &first) {
        std::vector<Field> fields;
        bool known = false;
        auto at = first.begin;
        for (auto line = first; !is_blank(line.text); line = line_at(content_, at)) {
            const auto field = read_field(line.text);
            if (!field || fields.size() > 40) {
                if (!is_rule(line.text)) return first.begin;
                break;
            }
            known = known || is_field_key(field->key);
            fields.push_back(*field);
            at = line.next;
            if (at >= content_.size()) break;
        }
        if (!known) return first.begin;
        header_.formats.insert("A");
        for (const auto &field : fields) set_field(field.key, field.value);
        return at;
    }

    // "---", "key: value" lines, "---" at the very top.
    void read_front_matter() {
        auto line = line_at(content_, header_.end);
        if (!is_rule(line.text) || line.next >= content_.size()) return;
        const auto begin = line.next;
        for (int count = 0; count < 50; ++count) {
            line = line_at(content_, line.next);
            if (is_rule(line.text) && count > 0) {
                read_import(content_.substr(begin, line.begin - begin));
                header_.end = line.next;
                return;
            }
            const auto field = read_field(line.text);
            if (!field || line.text.starts_with("**") || line.next >= content_.size()) return;
        }
    }

    // The first of several says it: the import comment stands above the fields.
    static void set(std::string &field, std::string_view value) {
        if (field.empty()) field = value;
    }

    void set_start(std::string_view value) {
        value = trim(value);
        if (header_.started_us || value.empty()) return;
        header_.started_us = parse_timestamp(value);
        if (!header_.started_us) header_.started_us = read_date(value);
        if (!header_.started_us)
            if (const auto clock = read_clock(value)) header_.started_us = clock->moment({});
        set(header_.started_at, value);
    }

    void set_construct(std::string_view value) {
        // "Synth (zen-001)": a name, and the callsign.
        const auto open = value.find(" (");
        const auto name = value.substr(0, open);
        header_.names.emplace_back(name);
        set(header_.construct_title, name);
        if (open == value.npos) {
            set(header_.construct, callsign(value));
        } else {
            const auto inner = value.substr(open + 2, value.rfind(')') - open - 2);
            header_.names.emplace_back(inner);
            set(header_.construct, callsign(inner));
        }
    }

    void set_field(const std::string &key, std::string_view value) {
        if (value.empty()) return;
        if (key == "session id" || key == "sessionid" || key == "conversation id" ||
            key == "conversationid") {
            set(header_.session_id, value);
        } else if (key == "conversationtitle" || key == "title") {
            set(header_.title, value);
        } else if (key == "constructid" || key == "constructcallsign" || key == "construct id" ||
                   key == "callsign") {
            header_.names.emplace_back(value);
            set(header_.construct, callsign(value));
        } else if (key == "constructname") {
            header_.names.emplace_back(value);
            set(header_.construct_title, value);
        } else if (key == "construct") {
            set_construct(value);
        } else if (key == "renamedfrom") {
            header_.names.emplace_back(value);
        } else if (key == "createdby") {
            set(header_.created_by, value);
        } else if (key == "created" || key == "createdat" || key == "started") {
            set_start(value);
        }
    }

    std::string_view content_;
    Header header_;
};

}  // namespace

Header read_header(std::string_view content) {
    return HeaderReader(content).run();
}

}  // namespace vvault
