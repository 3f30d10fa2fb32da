// Writes JSON straight into one string: answers can be whole histories, so no
// tree is built for them. The caller opens and closes in order; commas are ours.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gateway {

class JsonWriter {
public:
    // Who knows how long it will be spares the copies of a text that grows.
    explicit JsonWriter(std::size_t expected = 1024) { text_.reserve(expected); }

    JsonWriter &begin_object() { return open('{'); }
    JsonWriter &end_object() { return close('}'); }
    JsonWriter &begin_array() { return open('['); }
    JsonWriter &end_array() { return close(']'); }

    JsonWriter &key(std::string_view name);
    // One of ours, in which nothing needs an escape.
    template <std::size_t size>
    JsonWriter &key(const char (&literal)[size]) {
        text_.append(needs_comma_ ? ",\"" : "\"").append(literal, size - 1).append("\":");
        needs_comma_ = false;
        return *this;
    }

    JsonWriter &string(std::string_view value);
    JsonWriter &string_or_null(std::optional<std::string_view> value);
    JsonWriter &number(std::int64_t value);
    JsonWriter &boolean(bool value);
    JsonWriter &null();
    JsonWriter &raw(std::string_view json);  // already JSON: numbers, jsonb
    JsonWriter &raw_or_null(std::optional<std::string_view> json);

    std::string take() { return std::move(text_); }

private:
    std::string text_;
    bool needs_comma_ = false;

    JsonWriter &open(char bracket);
    JsonWriter &close(char bracket);
    void separate();
};

}  // namespace gateway
