#include "credentials.hpp"

#include <algorithm>

#include "cors.hpp"
#include "problem.hpp"
#include "text.hpp"

namespace gateway {

namespace {

constexpr std::size_t longest_token = 1024;

// RFC 6750, b68token. Everything else is refused here, so nothing odd reaches
// the database or a log.
bool token_like(std::string_view text) {
    const auto accepts = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-._~+/=").find(c) != std::string_view::npos;
    };
    return !text.empty() && text.size() <= longest_token &&
           std::all_of(text.begin(), text.end(), accepts);
}

std::string_view cookie(const Head &head, std::string_view name) {
    for (const auto &[key, value] : head.fields) {
        if (key != "cookie") continue;
        std::string_view list = value;
        while (!list.empty()) {
            const auto semicolon = list.find(';');
            const auto pair = trim(list.substr(0, semicolon));
            const auto equals = pair.find('=');
            if (equals != std::string_view::npos && pair.substr(0, equals) == name)
                return trim(pair.substr(equals + 1));
            if (semicolon == std::string_view::npos) break;
            list.remove_prefix(semicolon + 1);
        }
    }
    return {};
}

bool same_origin(std::string_view origin, const Head &head) {
    const auto scheme = origin.find("://");
    return scheme != std::string_view::npos && origin.substr(scheme + 3) == head.field("host");
}

// Where there is no Origin, what browsers of today say in its stead; other clients say nothing.
bool of_this_site(std::string_view fetch_site) {
    return fetch_site.empty() || fetch_site == "same-origin" || fetch_site == "none";
}

// A cookie is sent by the browser whoever asked it to; a header is not.
std::string_view token_of(const Head &head, const Config &config) {
    if (head.has_field("authorization")) {
        const auto value = head.field("authorization");
        return lower(value.substr(0, 7)) == "bearer " ? trim(value.substr(7)) : "";
    }
    for (const auto name : {"x-service-token", "x-chatty-key"})
        if (head.path().starts_with("/api/") && head.has_field(name)) return head.field(name);
    std::string_view token;
    for (const auto name : {"vvault_session", "auth_sid", "sid"})
        if (token.empty()) token = cookie(head, name);
    if (!token.empty()) refuse_foreign_page(head, config);
    return token;
}

}  // namespace

void refuse_foreign_page(const Head &head, const Config &config) {
    if (head.method == "GET" || head.method == "HEAD") return;
    const auto origin = head.field("origin");
    const bool foreign = origin.empty()
                             ? !of_this_site(head.field("sec-fetch-site"))
                             : !same_origin(origin, head) && !origin_listed(origin, config);
    if (foreign) throw Problem::of("origin-refused", "a page of this web origin may not do this");
}

std::optional<std::string> given_token(const Head &head, const Config &config) {
    const auto token = token_of(head, config);
    return token_like(token) ? std::optional(std::string(token)) : std::nullopt;
}

std::string session_cookie(std::string_view token, std::int64_t seconds, const Config &config) {
    // Lax: a link from elsewhere arrives signed in, a form from elsewhere does not.
    return "vvault_session=" + std::string(token) + "; Path=/; Max-Age=" + std::to_string(seconds) +
           "; HttpOnly; SameSite=Lax" + (config.secure_cookies ? "; Secure" : "");
}

std::string required_token(const Head &head, const Config &config) {
    const auto token = token_of(head, config);
    if (token.empty())
        throw Problem::of_sqlstate("28000", "send a token as \"Authorization: Bearer …\"");
    if (!token_like(token)) {
        auto problem = Problem::of_sqlstate("28000", "the token is not valid");
        problem.token_refused = true;
        throw problem;
    }
    return std::string(token);
}

}  // namespace gateway
