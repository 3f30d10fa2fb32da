#include "transcript_line.hpp"

#include <algorithm>

#include "timestamp.hpp"
#include "transcript_clock.hpp"
#include "transcript_words.hpp"

namespace vvault {

namespace {

constexpr std::size_t longest_speaker = 80;
constexpr std::size_t longest_head = 200;  // everything in a line before its text

bool is_speaker(std::string_view name) {
    if (name.empty() || name.size() > longest_speaker) return false;
    if (is_space(name.front()) || is_space(name.back())) return false;
    bool letter = false;
    for (const char each : name) {
        if (each == '*' || each == '`' || each == '[' || each == ']' || each == '<' || each == '|')
            return false;
        letter = letter || is_letter(each) || !is_ascii(each);
    }
    return letter && name.find("://") == name.npos;
}

// "You said" is You.
std::string_view without_said(std::string_view name) {
    constexpr std::string_view said = " said";
    if (name.ends_with(said)) name.remove_suffix(said.size());
    return name;
}

void set_time(TurnLine &turn, std::string_view time) {
    turn.time = time;
    turn.at_us = time.size() > 10 ? parse_timestamp(time) : std::nullopt;
    if (turn.at_us) turn.iso = time;
}

// The text begins behind the colon and one blank.
std::optional<TurnLine> with_text(TurnLine turn, std::string_view line, std::size_t behind_colon) {
    if (!is_speaker(turn.speaker)) return std::nullopt;
    turn.text = std::min(behind_colon, line.size());
    if (turn.text < line.size() && line[turn.text] == ' ') ++turn.text;
    return turn;
}

// "06:48:09 AM EST - Zen": false where it is anything else.
bool read_clock_label(TurnLine &turn, std::string_view label) {
    if (label.size() < 4 || !is_digit(label[0]) || (label[1] != ':' && label[2] != ':'))
        return false;
    const auto dash = label.find(" - ");
    if (dash == label.npos) return false;
    const auto clock = read_clock(label.substr(0, dash));
    if (!clock || !clock->time_us) return false;
    turn.family = Family::clock;
    turn.time = label.substr(0, dash);
    turn.speaker = without_said(trim(label.substr(dash + 3)));
    return true;
}

// Behind a clock label: " [ISO]: text" or ": text".
std::optional<TurnLine> finish_clock(TurnLine turn, std::string_view line, std::size_t at) {
    auto rest = line.substr(at, longest_head);
    const auto blanks = std::min(rest.find_first_not_of(' '), rest.size());
    rest.remove_prefix(blanks);
    if (rest.starts_with('[')) {
        const auto close = rest.find("]:");
        if (close == rest.npos) return std::nullopt;
        const auto iso = rest.substr(1, close - 1);
        turn.at_us = parse_timestamp(iso);
        if (!turn.at_us) return std::nullopt;
        turn.iso = iso;
        return with_text(turn, line, at + blanks + close + 2);
    }
    if (!rest.starts_with(':')) return std::nullopt;
    return with_text(turn, line, at + blanks + 1);
}

std::optional<TurnLine> read_plain_clock(std::string_view line) {
    const auto head = line.substr(0, longest_head);
    const auto bracket = head.find(" [");
    const auto colon = head.find(": ", std::min(head.find(" - "), head.size()));
    const auto end = std::min(bracket, colon);
    if (end == head.npos) return std::nullopt;
    TurnLine turn;
    if (!read_clock_label(turn, head.substr(0, end))) return std::nullopt;
    return finish_clock(turn, line, end);
}

// "[2026-01-20T15:26:07.457Z] Zen (10:26:07 AM EST)" between bold marks.
bool read_bracket_label(TurnLine &turn, std::string_view label) {
    const auto close = label.find("] ");
    if (!label.starts_with('[') || close == label.npos) return false;
    set_time(turn, label.substr(1, close - 1));
    if (!turn.at_us) return false;
    turn.family = Family::clock;
    turn.bold = true;
    const auto name = label.substr(close + 2);
    turn.speaker = trim(name.substr(0, name.find(" (")));
    return true;
}

// "**User (10:42 AM):** text", "**User:** text"
std::optional<TurnLine> read_titled(std::string_view inner, std::string_view line,
                                    std::size_t behind) {
    TurnLine turn;
    turn.bold = true;
    inner.remove_suffix(1);
    if (read_clock_label(turn, inner)) return with_text(turn, line, behind);
    turn.family = Family::titled;
    if (inner.ends_with(')')) {
        const auto open = inner.rfind(" (");
        if (open == inner.npos) return std::nullopt;
        set_time(turn, inner.substr(open + 2, inner.size() - open - 3));
        if (!turn.at_us && !read_clock(turn.time)) return std::nullopt;
        inner = inner.substr(0, open);
    }
    turn.speaker = without_said(inner);
    return with_text(turn, line, behind);
}

// Behind "**Katana**": " (time):" and perhaps a text.
std::optional<TurnLine> read_timed(TurnLine turn, std::string_view line, std::size_t behind) {
    const auto rest = line.substr(behind, longest_head);
    const auto close = rest.find("):");
    if (!rest.starts_with(" (") || close == rest.npos) return std::nullopt;
    turn.family = Family::titled;
    set_time(turn, rest.substr(2, close - 2));
    return with_text(turn, line, behind + close + 2);
}

std::optional<TurnLine> read_bold(std::string_view line) {
    const auto close = line.substr(0, longest_head).find("**", 2);
    if (close == line.npos || close == 2) return std::nullopt;
    const auto inner = line.substr(2, close - 2);
    const auto behind = close + 2;
    TurnLine turn;
    turn.bold = true;
    if (inner.ends_with(':')) return read_titled(inner, line, behind);
    if (read_clock_label(turn, inner)) return finish_clock(turn, line, behind);
    const bool colon = line.size() > behind && line[behind] == ':';
    if (colon && read_bracket_label(turn, inner)) return with_text(turn, line, behind + 1);
    turn.speaker = without_said(inner);
    if (!colon) return read_timed(turn, line, behind);
    turn.family = Family::bold;
    return with_text(turn, line, behind + 1);
}

// "[2026-01-20T15:26:07.457Z] **User**: text"
std::optional<TurnLine> read_bracketed(std::string_view line) {
    const auto close = line.substr(0, longest_head).find("] **");
    if (close == line.npos) return std::nullopt;
    auto turn = read_bold(line.substr(close + 2));
    if (!turn || (turn->family != Family::bold && turn->family != Family::titled))
        return std::nullopt;
    turn->text += close + 2;
    set_time(*turn, line.substr(1, close - 1));
    if (!turn->at_us) return std::nullopt;
    turn->family = Family::bold;
    return turn;
}

std::optional<TurnLine> read_heading(std::string_view line) {
    const auto text = trim_end(line.substr(3));
    const auto open = text.rfind(" (");
    if (line.size() > longest_head || !text.ends_with(')') || open == text.npos)
        return std::nullopt;
    TurnLine turn;
    turn.family = Family::heading;
    turn.speaker = trim(text.substr(0, open));
    set_time(turn, text.substr(open + 2, text.size() - open - 3));
    if (!turn.at_us && !read_clock(turn.time)) return std::nullopt;
    return with_text(turn, line, line.size());
}

// "You said:", also as the heading a copied web page makes of it.
std::optional<TurnLine> read_said(std::string_view line) {
    TurnLine turn;
    turn.family = Family::said;
    auto text = trim_end(line);
    text.remove_suffix(1);
    const auto hashes = std::min(text.find_first_not_of('#'), text.size());
    if (hashes > 0 && hashes < text.size() && text[hashes] == ' ') text.remove_prefix(hashes + 1);
    turn.speaker = without_said(text);
    return with_text(turn, line, line.size());
}

std::optional<TurnLine> read_plain(std::string_view line) {
    const auto colon = line.substr(0, 44).find(':');
    if (colon == line.npos || colon == 0) return std::nullopt;
    if (colon + 1 < line.size() && !is_space(line[colon + 1])) return std::nullopt;
    TurnLine turn;
    turn.family = Family::plain;
    turn.speaker = line.substr(0, colon);
    if (std::count(turn.speaker.begin(), turn.speaker.end(), ' ') > 2) return std::nullopt;
    return with_text(turn, line, colon + 1);
}

}  // namespace

std::optional<TurnLine> read_turn_line(std::string_view line) {
    if (line.empty() || is_space(line.front())) return std::nullopt;
    if (line.starts_with("**")) return read_bold(line);
    if (line.front() == '[') return read_bracketed(line);
    if (is_digit(line.front())) return read_plain_clock(line);
    if (line.size() <= longest_head && trim_end(line).ends_with(" said:")) return read_said(line);
    if (line.starts_with("## ")) return read_heading(line);
    if (is_letter(line.front()) || !is_ascii(line.front())) return read_plain(line);
    return std::nullopt;
}

std::optional<SectionLine> read_section_line(std::string_view line) {
    if (line.empty() || line.size() > longest_head) return std::nullopt;
    auto text = trim_end(line);
    const auto hashes = std::min(text.find_first_not_of('#'), text.size());
    SectionLine section;
    if (hashes == 0) {
        // Without a #, only a month in letters: "2026-02-12" may be anything.
        if (!is_letter(text.front()) || text.size() > 40) return std::nullopt;
        section.day_us = read_date(text);
        return section.day_us ? std::optional(section) : std::nullopt;
    }
    if (hashes > 4 || hashes == text.size() || text[hashes] != ' ') return std::nullopt;
    text = trim(text.substr(hashes));
    constexpr std::string_view session = "Session:";
    if (text.starts_with(session)) {
        section.session = true;
        text = trim(text.substr(session.size()));
        section.day_us = read_date(text);
        if (!section.day_us) section.name = text;
        return section;
    }
    section.day_us = read_date(text);
    return section.day_us ? std::optional(section) : std::nullopt;
}

bool is_rule(std::string_view line) {
    line = trim_end(line);
    return line.size() >= 3 && line.size() <= 80 && line.find_first_not_of('-') == line.npos;
}

bool is_noise(std::string_view line) {
    line = trim(line);
    if (line.size() > 400) return false;
    if (line.starts_with("[Maintain tone:") && line.ends_with(']')) return true;
    return line.starts_with("(*") && line.ends_with("*)") &&
           (line.find("Chatty transcript placeholder") != line.npos ||
            line.find("Native Chatty messages will append here") != line.npos);
}

std::optional<FenceLine> read_fence_line(std::string_view line) {
    const auto begin = line.find_first_not_of(" \t");
    if (begin == line.npos || (line[begin] != '`' && line[begin] != '~')) return std::nullopt;
    const auto end = std::min(line.find_first_not_of(line[begin], begin), line.size());
    if (end - begin < 3) return std::nullopt;
    // A ` in what follows makes it code within a line: ```x```.
    if (line[begin] == '`' && line.find('`', end) != line.npos) return std::nullopt;
    return FenceLine{line[begin], static_cast<std::uint32_t>(end - begin),
                     is_blank(line.substr(end))};
}

}  // namespace vvault
