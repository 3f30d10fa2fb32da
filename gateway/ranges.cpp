#include "ranges.hpp"

#include "text.hpp"

namespace gateway {

namespace {

// Digits alone: a sign or a space is no number here.
std::optional<std::int64_t> position(std::string_view text) {
    if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos)
        return std::nullopt;
    return parse_integer(text);
}

}  // namespace

std::optional<ByteRange> byte_range(const Head &head) {
    constexpr std::string_view unit = "bytes=";
    auto value = head.field("range");
    if (head.method != "GET" || lower(value.substr(0, unit.size())) != unit) return std::nullopt;
    value = trim(value.substr(unit.size()));
    const auto dash = value.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const ByteRange range{.first = position(value.substr(0, dash)),
                          .last = position(value.substr(dash + 1))};
    const bool has_first = dash > 0;
    const bool has_last = dash + 1 < value.size();
    if (has_first != range.first.has_value() || has_last != range.last.has_value() ||
        (!has_first && !has_last) || (has_first && has_last && *range.last < *range.first))
        return std::nullopt;
    return range;
}

bool range_is_of(const Head &head, std::string_view version) {
    return !head.has_field("if-range") ||
           head.field("if-range") == "\"" + std::string(version) + "\"";
}

}  // namespace gateway
