// The small words of reading a line: blank, trim, fold, the next line. ASCII
// only, on purpose: a locale must not decide where a turn begins.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace vvault {

inline bool is_digit(char letter) {
    return letter >= '0' && letter <= '9';
}
inline bool is_upper(char letter) {
    return letter >= 'A' && letter <= 'Z';
}
inline bool is_lower(char letter) {
    return letter >= 'a' && letter <= 'z';
}
inline bool is_letter(char letter) {
    return is_upper(letter) || is_lower(letter);
}
inline bool is_ascii(char letter) {
    return static_cast<unsigned char>(letter) < 0x80;
}
inline bool is_space(char letter) {
    return letter == ' ' || letter == '\t' || letter == '\r';
}

inline bool is_blank(std::string_view line) {
    return std::all_of(line.begin(), line.end(), is_space);
}

inline std::string_view trim_end(std::string_view text) {
    while (!text.empty() && (is_space(text.back()) || text.back() == '\n')) text.remove_suffix(1);
    return text;
}

inline std::string_view trim(std::string_view text) {
    while (!text.empty() && (is_space(text.front()) || text.front() == '\n')) text.remove_prefix(1);
    return trim_end(text);
}

// How names and labels are compared: trimmed, lower case.
inline std::string fold(std::string_view text) {
    std::string folded(trim(text));
    for (char &letter : folded)
        if (is_upper(letter)) letter = static_cast<char>(letter - 'A' + 'a');
    return folded;
}

// The line at `at`, without its end; `next` is where the following one begins.
// LF ends a line, with or without CR; U+2028 and a lone CR do not.
struct Line {
    std::size_t begin;
    std::size_t next;
    std::string_view text;
};

inline Line line_at(std::string_view content, std::size_t at) {
    const auto end = content.find('\n', at);
    const bool last = end == content.npos;
    auto text = content.substr(at, (last ? content.size() : end) - at);
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    return {at, last ? content.size() : end + 1, text};
}

}  // namespace vvault
