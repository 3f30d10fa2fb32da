#include "json_writer.hpp"

namespace gateway {

namespace {

void append_escaped(std::string &out, std::string_view value) {
    out += '"';
    std::size_t plain = 0;  // start of the run that needs no escape
    for (std::size_t i = 0; i < value.size(); ++i) {
        const auto c = static_cast<unsigned char>(value[i]);
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        out.append(value, plain, i - plain);
        plain = i + 1;
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
    out.append(value, plain, value.size() - plain);
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
