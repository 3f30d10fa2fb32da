#include "names.hpp"

#include <algorithm>

#include "text.hpp"

namespace gateway {

namespace {

constexpr std::string_view chat_with = "_chat_with_";

bool all_digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool ends_in_number(std::string_view name) {
    const auto dash = name.rfind('-');
    return dash != std::string_view::npos && dash > 0 && all_digits(name.substr(dash + 1));
}

}  // namespace

std::string callsign(std::string_view name) {
    auto sign = lower(trim(name));
    for (char &c : sign)
        if (c == '_' || c == ' ') c = '-';
    if (!sign.empty() && !ends_in_number(sign)) sign += "-001";
    return sign;
}

std::string canonical_session(std::string_view callsign) {
    return std::string(callsign) + std::string(chat_with) + std::string(callsign);
}

std::optional<std::string> construct_of_canonical(std::string_view session) {
    const auto at = session.find(chat_with);
    if (at == std::string_view::npos || at == 0) return std::nullopt;
    const auto first = session.substr(0, at);
    if (first != session.substr(at + chat_with.size())) return std::nullopt;
    return std::string(first);
}

std::optional<std::string> construct_of_session(std::string_view session) {
    if (auto construct = construct_of_canonical(session)) return construct;
    if (session.starts_with("gpt-") && session.size() > 4) return std::string(session.substr(4));
    const auto underscore = session.rfind('_');
    if (underscore == std::string_view::npos || underscore == 0) return std::nullopt;
    const auto name = session.substr(0, underscore);
    if (!all_digits(session.substr(underscore + 1)) || name.starts_with("session"))
        return std::nullopt;
    return std::string(name);
}

std::string transcript_path(std::string_view callsign) {
    const std::string sign(callsign);
    return "instances/" + sign + "/chatty/chat_with_" + sign + ".md";
}

std::string runtime_name(std::string_view callsign) {
    return std::string(ends_in_number(callsign) ? callsign.substr(0, callsign.rfind('-'))
                                                : callsign);
}

std::string spoken_name(std::string_view callsign) {
    auto name = runtime_name(callsign);
    if (!name.empty() && name[0] >= 'a' && name[0] <= 'z')
        name[0] = static_cast<char>(name[0] - 'a' + 'A');
    return name;
}

}  // namespace gateway
