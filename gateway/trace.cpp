#include "trace.hpp"

#include <algorithm>
#include <charconv>

#include "text.hpp"

namespace gateway {

namespace {

constexpr std::size_t known_length = 55;  // of version 00: "00-" 32 "-" 16 "-" 2

bool hexadecimal(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool all_zero(std::string_view text) {
    return text.find_first_not_of('0') == std::string_view::npos;
}

// A later version may be longer; what version 00 knows stands at the same place.
bool valid(std::string_view text) {
    if (text.size() < known_length || text[2] != '-' || text[35] != '-' || text[52] != '-')
        return false;
    const auto version = text.substr(0, 2);
    if (!hexadecimal(version) || version == "ff") return false;
    if (text.size() > known_length && (version == "00" || text[known_length] != '-')) return false;
    return hexadecimal(text.substr(3, 32)) && !all_zero(text.substr(3, 32)) &&
           hexadecimal(text.substr(36, 16)) && !all_zero(text.substr(36, 16)) &&
           hexadecimal(text.substr(53, 2));
}

}  // namespace

std::string Trace::parent() const {
    return "00-" + id + "-" + span + (sampled ? "-01" : "-00");
}

Trace read_trace(std::string_view traceparent) {
    Trace trace{.id = {}, .span = random_hex(8)};
    if (valid(traceparent)) {
        trace.id = traceparent.substr(3, 32);
        trace.given = true;
        unsigned flags = 0;
        std::from_chars(traceparent.data() + 53, traceparent.data() + known_length, flags, 16);
        trace.sampled = flags & 1;
    } else {
        trace.id = random_hex(16);
    }
    return trace;
}

}  // namespace gateway
