#include "text_repair.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace vvault {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

std::uint8_t byte_at(std::string_view text, std::size_t at) {
    return static_cast<std::uint8_t>(text[at]);
}

bool is_continuation(std::uint8_t byte) {
    return (byte & 0xC0) == 0x80;
}

// Bytes of the well-formed character at `at`; 0 where there is none. Overlong
// forms, surrogates and values above U+10FFFF are none.
std::size_t character_length(std::string_view text, std::size_t at) {
    const auto lead = byte_at(text, at);
    if (lead < 0x80) return 1;
    const std::size_t length = lead < 0xC2   ? 0
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                               : lead < 0xF5 ? 4
                                             : 0;
    if (length == 0 || at + length > text.size()) return 0;
    for (std::size_t index = 1; index < length; ++index)
        if (!is_continuation(byte_at(text, at + index))) return 0;
    const auto second = byte_at(text, at + 1);
    const bool refused = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second >= 0xA0) ||
                         (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second >= 0x90);
    return refused ? 0 : length;
}

// U+0080 to U+009F in Windows-1252; 0 where it has none, and decoders differ.
constexpr std::array<std::uint16_t, 32> windows_1252{
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

std::uint32_t code_point(std::string_view text, std::size_t at, std::size_t length) {
    if (length == 1) return byte_at(text, at);
    std::uint32_t point = byte_at(text, at) & (0xFFu >> (length + 1));
    for (std::size_t index = 1; index < length; ++index)
        point = point << 6 | (byte_at(text, at + index) & 0x3Fu);
    return point;
}

// The byte that Windows-1252 shows as this character, or -1.
int windows_byte(std::uint32_t point) {
    if (point < 0x100) return static_cast<int>(point);
    const auto found = std::find(windows_1252.begin(), windows_1252.end(), point);
    return found == windows_1252.end() ? -1 : 0x80 + static_cast<int>(found - windows_1252.begin());
}

bool is_ascii_only(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char letter) { return static_cast<unsigned char>(letter) < 0x80; });
}

// A stretch of characters that Windows-1252 has: its bytes, and what each was.
struct WindowsText {
    std::string bytes;
    std::vector<std::string_view> characters;
};

// How many bytes a character that lost one of its last bytes still has; 0 for
// what is no such thing. A lone é (0xE9) has lost two, so it was never encoded.
std::size_t lossy_length(std::string_view bytes, std::size_t at) {
    const auto lead = byte_at(bytes, at);
    const std::size_t wanted = lead < 0xC2   ? 0
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                               : lead < 0xF5 ? 4
                                             : 0;
    if (wanted == 0 || (wanted == 2 && lead > 0xC3)) return 0;
    std::size_t length = 1;
    while (length < wanted && at + length < bytes.size() &&
           is_continuation(byte_at(bytes, at + length)))
        ++length;
    return length + 1 == wanted ? length : 0;
}

void decode_stretch(const WindowsText &from, Decoded &decoded) {
    const std::string_view bytes = from.bytes;
    for (std::size_t at = 0; at < bytes.size();) {
        const auto length = character_length(bytes, at);
        if (length > 0) {
            decoded.text += bytes.substr(at, length);
            if (length == 2) ++decoded.weak;
            if (length > 2) ++decoded.strong;
            at += length;
            continue;
        }
        const auto lossy = lossy_length(bytes, at);
        if (lossy == 0) decoded.genuine = true;
        if (lossy > 0) ++decoded.lossy;
        if (bytes.substr(at, lossy) == "\xE2\x80") {
            // 0x9D has no character in Windows-1252 and is what most often gets
            // lost: the closing quotation mark.
            decoded.text += "\xE2\x80\x9D";
        } else {
            for (std::size_t index = at; index < at + std::max<std::size_t>(lossy, 1); ++index)
                decoded.text += from.characters[index];
        }
        at += std::max<std::size_t>(lossy, 1);
    }
}

}  // namespace

std::optional<std::string> replace_invalid_utf8(std::string_view text) {
    std::size_t sound = 0;
    while (sound < text.size()) {
        const auto length = character_length(text, sound);
        if (length == 0) break;
        sound += length;
    }
    if (sound == text.size()) return std::nullopt;
    std::string mended(text.substr(0, sound));
    mended.reserve(text.size() + 16);
    for (auto at = sound; at < text.size();) {
        const auto length = character_length(text, at);
        mended += length == 0 ? replacement : text.substr(at, length);
        at += std::max<std::size_t>(length, 1);
    }
    return mended;
}

std::size_t count_characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char letter) {
        return !is_continuation(static_cast<std::uint8_t>(letter));
    }));
}

std::string_view first_characters(std::string_view text, std::size_t count) {
    std::size_t at = 0;
    for (; at < text.size(); ++at)
        if (!is_continuation(byte_at(text, at)) && count-- == 0) break;
    return text.substr(0, at);
}

Decoded decode_twice(std::string_view text) {
    Decoded decoded;
    WindowsText stretch;
    const auto flush = [&] {
        decode_stretch(stretch, decoded);
        stretch = {};
    };
    for (std::size_t at = 0; at < text.size();) {
        const auto length = std::max<std::size_t>(character_length(text, at), 1);
        const auto byte = windows_byte(code_point(text, at, length));
        if (byte < 0x80 && !stretch.bytes.empty()) flush();
        if (byte < 0) decoded.genuine = true;
        if (byte < 0x80) {
            decoded.text += text.substr(at, length);
        } else {
            stretch.bytes += static_cast<char>(byte);
            stretch.characters.push_back(text.substr(at, length));
        }
        at += length;
    }
    flush();
    return decoded;
}

bool are_double_encoded(const std::vector<std::string_view> &texts) {
    int strong = 0, weak = 0, lossy = 0;
    for (const auto text : texts) {
        if (is_ascii_only(text)) continue;
        const auto decoded = decode_twice(text);
        if (decoded.genuine) return false;
        strong += decoded.strong;
        weak += decoded.weak;
        lossy += decoded.lossy;
    }
    return (strong > 0 || weak > 1) && lossy <= strong + weak;
}

}  // namespace vvault
