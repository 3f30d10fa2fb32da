#include "strict_json.hpp"

#include <set>
#include <vector>

namespace vvault {

std::optional<nlohmann::json> strict_json_object(std::string_view text, JsonBounds bounds) {
    using nlohmann::json;
    // The parser would skip a byte order mark; nobody who signs writes one.
    if (text.empty() || text.size() > bounds.bytes || text.front() == '\xEF') return std::nullopt;
    std::vector<std::set<std::string>> names;
    std::size_t depth = 0;
    bool good = true;
    const auto watch = [&](int, json::parse_event_t event, json &value) {
        switch (event) {
            case json::parse_event_t::object_start:
                names.emplace_back();
                good = good && ++depth <= bounds.depth;
                break;
            case json::parse_event_t::array_start:
                good = good && ++depth <= bounds.depth;
                break;
            case json::parse_event_t::object_end:
                names.pop_back();
                --depth;
                break;
            case json::parse_event_t::array_end:
                --depth;
                break;
            case json::parse_event_t::key:
                good = good && names.back().insert(value.get<std::string>()).second;
                break;
            case json::parse_event_t::value:
                break;
        }
        return true;
    };
    json parsed = json::parse(text, watch, false);
    if (!good || parsed.is_discarded() || !parsed.is_object()) return std::nullopt;
    return parsed;
}

std::optional<std::string> text_member(const nlohmann::json &object, const char *name) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
}

}  // namespace vvault
