#include "request.hpp"

#include "problem.hpp"
#include "text.hpp"

namespace gateway {

namespace {

std::string decoded(std::string_view text, bool plus_is_space) {
    auto result = percent_decode(text, plus_is_space);
    if (!result || !valid_utf8(*result))
        throw Problem::of("bad-request", "the request target is not percent-encoded UTF-8");
    return std::move(*result);
}

template <class Visit>
void split(std::string_view text, char separator, Visit visit) {
    for (;;) {
        const auto at = text.find(separator);
        visit(text.substr(0, at));
        if (at == std::string_view::npos) return;
        text.remove_prefix(at + 1);
    }
}

}  // namespace

std::string_view Head::field(std::string_view name) const {
    for (const auto &[key, value] : fields)
        if (key == name) return value;
    return {};
}

bool Head::has_field(std::string_view name) const {
    for (const auto &[key, value] : fields)
        if (key == name) return true;
    return false;
}

std::string_view Head::path() const {
    return std::string_view(target).substr(0, target.find('?'));
}

std::vector<std::string> path_segments(std::string_view target) {
    std::vector<std::string> segments;
    auto path = target.substr(0, target.find('?'));
    path.remove_prefix(1);  // the framing check has seen the slash
    // Split first, decode after: an encoded slash is part of an id, not a border.
    split(path, '/', [&](std::string_view part) { segments.push_back(decoded(part, false)); });
    return segments;
}

Query::Query(std::string_view target) {
    const auto mark = target.find('?');
    if (mark == std::string_view::npos) return;
    split(target.substr(mark + 1), '&', [&](std::string_view part) {
        if (part.empty()) return;
        const auto equals = part.find('=');
        const auto value = equals == std::string_view::npos ? "" : part.substr(equals + 1);
        pairs_.emplace_back(decoded(part.substr(0, equals), true), decoded(value, true));
    });
}

bool Query::has(std::string_view name) const {
    for (const auto &[key, value] : pairs_)
        if (key == name) return true;
    return false;
}

std::optional<std::string> Query::text(std::string_view name) const {
    for (const auto &[key, value] : pairs_)
        if (key == name && !value.empty()) return value;
    return std::nullopt;
}

std::optional<std::int64_t> Query::integer(std::string_view name) const {
    const auto value = text(name);
    if (!value) return std::nullopt;
    const auto number = parse_integer(*value);
    if (!number)
        throw Problem::of("bad-request", "\"" + std::string(name) + "\" must be a whole number");
    return number;
}

}  // namespace gateway
