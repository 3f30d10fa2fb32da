#include "transcript_json_text.hpp"

#include <algorithm>
#include <vector>

#include "transcript_words.hpp"

namespace vvault {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

int hex_value(char digit) {
    if (is_digit(digit)) return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

// The code unit of the \uXXXX at `at`, or -1.
int escaped_unit(std::string_view text, std::size_t at) {
    if (text.size() < at + 6 || text[at] != '\\' || text[at + 1] != 'u') return -1;
    int unit = 0;
    for (std::size_t index = at + 2; index < at + 6; ++index) {
        const int value = hex_value(text[index]);
        if (value < 0) return -1;
        unit = unit * 16 + value;
    }
    return unit;
}

bool is_high(int unit) {
    return unit >= 0xD800 && unit < 0xDC00;
}
bool is_low(int unit) {
    return unit >= 0xDC00 && unit < 0xE000;
}

// What one pass over the text tells before it is parsed.
struct Survey {
    std::size_t depth = 0;
    std::vector<std::size_t> half_surrogates;
};

Survey survey(std::string_view text) {
    Survey found;
    std::size_t depth = 0;
    bool in_string = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char letter = text[at];
        if (!in_string) {
            if (letter == '[' || letter == '{') found.depth = std::max(found.depth, ++depth);
            if ((letter == ']' || letter == '}') && depth > 0) --depth;
            in_string = letter == '"';
            continue;
        }
        in_string = letter != '"';
        if (letter != '\\') continue;
        const int unit = escaped_unit(text, at);
        if (is_high(unit) && is_low(escaped_unit(text, at + 6)))
            at += 11;
        else if (is_high(unit) || is_low(unit))
            found.half_surrogates.push_back(at);
        else
            ++at;
    }
    return found;
}

}  // namespace

std::optional<nlohmann::json> read_json(std::string_view text, std::size_t deepest) {
    const auto found = survey(text);
    if (found.depth > deepest) return std::nullopt;
    std::string mended;
    if (!found.half_surrogates.empty()) {
        mended = text;
        for (const auto at : found.half_surrogates) mended.replace(at, 6, "\\ufffd");
        text = mended;
    }
    auto value = nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
    if (value.is_discarded()) return std::nullopt;
    return value;
}

void drop_nul(std::string &text) {
    for (auto at = text.find('\0'); at != text.npos; at = text.find('\0', at))
        text.replace(at, 1, replacement);
}

void drop_nul(nlohmann::json &value) {
    if (value.is_string()) {
        drop_nul(value.get_ref<std::string &>());
    } else if (value.is_array()) {
        for (auto &element : value) drop_nul(element);
    } else if (value.is_object()) {
        std::vector<std::string> keys;
        for (auto &[key, member] : value.items()) {
            drop_nul(member);
            if (key.find('\0') != key.npos) keys.push_back(key);
        }
        for (const auto &key : keys) {
            auto clean = key;
            drop_nul(clean);
            value[clean] = std::move(value[key]);
            value.erase(key);
        }
    }
}

std::string text_member(const nlohmann::json &object, std::string_view key) {
    if (!object.is_object()) return {};
    const auto member = object.find(key);
    return member != object.end() && member->is_string() ? member->get<std::string>()
                                                         : std::string();
}

}  // namespace vvault
