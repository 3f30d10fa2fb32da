// /demo/: the chat page of clients/demo, where the operator has configured it.
#include "handlers.hpp"

namespace gateway {

namespace {

// The page loads what lies beside it and talks to its own origin. React writes text, never HTML:
// the browser is told to refuse it, should that change.
constexpr const char *policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types vvault-page";

// Not at the listener that is for metrics alone.
const SiteFile &file_of(const Exchange &exchange, std::string_view path) {
    const auto *file = exchange.service.demo.find(path);
    if (!file || exchange.request.at_metrics_door)
        throw Problem::of("no-route", "there is no such route");
    return *file;
}

Reply file_reply(const Exchange &exchange, std::string_view path) {
    const auto &file = file_of(exchange, path);
    Reply reply{.status = 200, .content_type = file.content_type, .body = file.bytes};
    reply.with("Content-Security-Policy", policy)
        .with("Referrer-Policy", "no-referrer")
        .with("Cross-Origin-Opener-Policy", "same-origin")
        .with("Cross-Origin-Resource-Policy", "same-origin");
    // What names the other files must never be older than they are.
    if (path == "index.html") return reply.with("Cache-Control", "no-store");
    return with_etag(std::move(reply), file.etag, exchange.request.head.field("if-none-match"));
}

}  // namespace

Reply get_demo(Exchange &exchange) {
    file_of(exchange, "index.html");
    return empty_reply(308).with("Location", "/demo/");
}

Reply get_demo_page(Exchange &exchange) {
    return file_reply(exchange, "index.html");
}

Reply get_demo_file(Exchange &exchange) {
    return file_reply(exchange, exchange.arguments[0]);
}

}  // namespace gateway
