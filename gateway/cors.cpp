#include "cors.hpp"

#include <algorithm>

namespace gateway {

namespace {

bool preflight(const Head &head) {
    return head.method == "OPTIONS" && head.has_field("access-control-request-method");
}

std::string allowed_methods(const Reply &reply) {
    for (const auto &[name, value] : reply.headers)
        if (name == "Allow") return value;
    return {};
}

}  // namespace

bool origin_listed(std::string_view origin, const Config &config) {
    return std::find(config.allowed_origins.begin(), config.allowed_origins.end(), origin) !=
           config.allowed_origins.end();
}

void allow_origin(Reply &reply, const Head &head, const Config &config) {
    if (config.allowed_origins.empty()) return;
    // For every origin, and for none: what one of them got is not for another's cache.
    reply.with("Vary", preflight(head) ? "Origin, Access-Control-Request-Method, "
                                         "Access-Control-Request-Headers"
                                       : "Origin");
    const auto origin = head.field("origin");
    if (!origin_listed(origin, config)) return;
    reply.with("Access-Control-Allow-Origin", std::string(origin))
        .with("Access-Control-Allow-Credentials", "true");
    if (!preflight(head)) {
        reply.with("Access-Control-Expose-Headers",
                   "Accept-Ranges, Content-Disposition, Content-Range, ETag, Idempotent-Replayed, "
                   "Location, RateLimit, "
                   "RateLimit-Policy, Retry-After, Server-Timing, Vvault-Encrypted, "
                   "WWW-Authenticate, X-Request-Id");
        return;
    }
    const auto methods = allowed_methods(reply);
    if (methods.empty()) return;  // there is no such route
    reply.with("Access-Control-Allow-Methods", methods)
        .with("Access-Control-Allow-Headers",
              "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, If-Range, "
              "Last-Event-ID, Prefer, Range, Traceparent, Tracestate, Vvault-Encrypted")
        .with("Access-Control-Max-Age", "600");
}

Reply options_reply(const std::string &methods) {
    return empty_reply(204).with("Allow", methods);
}

}  // namespace gateway
