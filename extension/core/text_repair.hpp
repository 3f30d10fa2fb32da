// Text that went through the wrong hands: bytes that are not UTF-8, and UTF-8
// that was taken for Windows-1252 and encoded again. Turns are repaired, files
// never; and only where it is plain that nothing is lost by it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vvault {

// The text with U+FFFD for what is not UTF-8; nothing when all of it is.
std::optional<std::string> replace_invalid_utf8(std::string_view text);

// At most so many characters, cut between two of them.
std::string_view first_characters(std::string_view text, std::size_t count);
std::size_t count_characters(std::string_view text);

// What a text would be if its UTF-8 had been read as Windows-1252 once too often.
struct Decoded {
    std::string text;
    int strong = 0;        // characters of three or four bytes put together again
    int weak = 0;          // of two
    int lossy = 0;         // pieces of which a byte was dropped on the way
    bool genuine = false;  // something in it was never double-encoded
};
Decoded decode_twice(std::string_view text);

// Whether the texts of one file are double-encoded: every one that is not plain
// ASCII. A person who quotes "Ã©" in a sound file is left alone.
bool are_double_encoded(const std::vector<std::string_view> &texts);

}  // namespace vvault
