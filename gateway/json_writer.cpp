#include "json_writer.hpp"

#include <cstring>

namespace gateway {

namespace {

// How many bytes at the front need no escape. Eight at a time: a history is
// mostly such bytes, and this loop is where its answer's time goes.
std::size_t plain_length(std::string_view text) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t highs = 0x8080808080808080;
    const auto below = [](std::uint64_t word, std::uint64_t limit) {
        return (word - ones * limit) & ~word & highs;
    };
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, 8);
        if (below(word, 0x20) | below(word ^ (ones * '"'), 1) | below(word ^ (ones * '\\'), 1))
            break;
    }
    for (; at < text.size(); ++at) {
        const auto c = static_cast<unsigned char>(text[at]);
        if (c < 0x20 || c == '"' || c == '\\') break;
    }
    return at;
}

void append_escaped(std::string &out, std::string_view value) {
    out += '"';
    for (;;) {
        const auto plain = plain_length(value);
        out.append(value, 0, plain);
        if (plain == value.size()) break;
        const auto c = static_cast<unsigned char>(value[plain]);
        value.remove_prefix(plain + 1);
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            default:
                out += "\\u00";
                out += "0123456789abcdef"[c >> 4];
                out += "0123456789abcdef"[c & 15];
        }
    }
    out += '"';
}

}  // namespace

void JsonWriter::separate() {
    if (needs_comma_) text_ += ',';
    needs_comma_ = true;
}

JsonWriter &JsonWriter::open(char bracket) {
    separate();
    text_ += bracket;
    needs_comma_ = false;
    return *this;
}

JsonWriter &JsonWriter::close(char bracket) {
    text_ += bracket;
    needs_comma_ = true;
    return *this;
}

JsonWriter &JsonWriter::key(std::string_view name) {
    separate();
    append_escaped(text_, name);
    text_ += ':';
    needs_comma_ = false;
    return *this;
}

JsonWriter &JsonWriter::string(std::string_view value) {
    separate();
    append_escaped(text_, value);
    return *this;
}

JsonWriter &JsonWriter::string_or_null(std::optional<std::string_view> value) {
    return value ? string(*value) : null();
}

JsonWriter &JsonWriter::number(std::int64_t value) {
    return raw(std::to_string(value));
}

JsonWriter &JsonWriter::boolean(bool value) {
    return raw(value ? "true" : "false");
}

JsonWriter &JsonWriter::null() {
    return raw("null");
}

JsonWriter &JsonWriter::raw(std::string_view json) {
    separate();
    text_ += json;
    return *this;
}

JsonWriter &JsonWriter::raw_or_null(std::optional<std::string_view> json) {
    return json ? raw(*json) : null();
}

}  // namespace gateway
