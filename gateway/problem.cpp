#include "problem.hpp"

#include <array>

#include "json_writer.hpp"

namespace gateway {

namespace {

struct Row {
    std::string_view sqlstate;  // a whole one or a class; empty: found by slug only
    int status;
    std::string_view slug;
    std::string_view title;
    std::string_view chatty_code = {};
};

// The longest matching SQLSTATE wins, so a class stands behind its exceptions.
constexpr std::array table = {
    Row{"28000", 401, "auth-required", "A valid token is required", "AUTH_REQUIRED"},
    Row{"28P01", 401, "id-token-refused", "The ID token is not accepted"},
    Row{"42501", 403, "forbidden", "Not permitted"},
    Row{"P0002", 404, "not-found", "Not found"},
    Row{"22", 422, "invalid-value", "A value is not valid"},
    Row{"23", 409, "conflict", "Conflicts with what is stored"},
    Row{"23502", 422, "invalid-value", "A value is not valid"},
    Row{"23505", 409, "exists", "It exists already"},
    Row{"23514", 422, "invalid-value", "A value is not valid"},
    Row{"54", 413, "too-large", "Too large"},

    Row{"VV001", 500, "does-not-open", "Stored content does not open"},
    Row{"VV002", 409, "append-only", "What is recorded is not changed"},
    Row{"VV003", 503, "key-unavailable", "The vault's root key is not available"},
    Row{"VV004", 503, "key-unavailable", "The vault's root key is not available"},
    Row{"VV005", 503, "key-unavailable", "The vault's root key is not available"},
    Row{"VV006", 500, "unknown-format", "Stored content has an unknown format"},
    Row{"VV007", 412, "version-conflict", "The version is not the expected one"},
    Row{"VV008", 409, "client-id-conflict", "The same client id was used for other content"},
    Row{"VV009", 409, "ambiguous-name", "The name stands for more than one thing"},
    Row{"VV010", 423, "on-hold", "It is on legal hold"},
    Row{"VV011", 410, "purged", "The version was removed for good"},
    Row{"VV012", 410, "shredded", "The content was destroyed with its key"},
    Row{"VV013", 503, "key-unavailable", "The vault's root key is not available"},
    Row{"VV014", 404, "not-sealed", "The ledger is not sealed that far yet"},
    Row{"VV015", 503, "ledger-unsigned", "The ledger has no signing key"},
    Row{"VV016", 409, "ledger-broken", "The ledger is not what it was"},
    Row{"VV017", 403, "guarded", "The ledger is not changed by hand"},
    Row{"VV018", 503, "issuer-keys-missing", "The issuer's keys are not at hand"},

    Row{"VV019", 409, "upload-offset", "The part does not continue the upload"},
    Row{"VV020", 422, "other-content", "The content is not what was announced"},

    Row{"08", 503, "vvault-unreachable", "The vault is not reachable", "VVAULT_UNREACHABLE"},
    Row{"53400", 429, "too-many-uploads", "Too many uploads have not ended"},
    Row{"53", 503, "vvault-unreachable", "The vault is not reachable", "VVAULT_UNREACHABLE"},
    Row{"57P", 503, "vvault-unreachable", "The vault is not reachable", "VVAULT_UNREACHABLE"},
    Row{"25006", 503, "vvault-unreachable", "The vault is not reachable", "VVAULT_UNREACHABLE"},
    Row{"40", 503, "busy", "The vault is busy"},
    Row{"55000", 409, "ended", "The conversation has ended"},
    Row{"55P03", 503, "busy", "The vault is busy"},
    Row{"57014", 503, "timeout", "The vault took too long"},
    Row{"42", 500, "version-skew", "The vault and the gateway are of different versions"},
    Row{"0A000", 500, "version-skew", "The vault and the gateway are of different versions"},

    Row{"", 400, "bad-request", "The request is not well-formed"},
    Row{"", 403, "origin-refused", "Not permitted from this web origin"},
    Row{"", 404, "no-route", "There is no such route"},
    Row{"", 405, "method-not-allowed", "The route has no such method"},
    Row{"", 406, "not-acceptable", "The answer has no such form"},
    Row{"", 408, "request-timeout", "The request did not arrive in time"},
    Row{"", 409, "transcript-shrinks", "The new transcript is much shorter"},
    Row{"", 411, "length-required", "Content-Length is required"},
    Row{"", 412, "precondition-failed", "A precondition does not hold"},
    Row{"", 414, "uri-too-long", "The request target is too long"},
    Row{"", 415, "unsupported-media-type", "The body's encoding is not supported"},
    Row{"", 416, "range-not-satisfiable", "The file has no such part"},
    Row{"", 417, "expectation-failed", "The expectation cannot be met"},
    Row{"", 429, "too-many-requests", "Too many requests"},
    Row{"", 429, "too-many-failures", "Too many tokens were not valid"},
    Row{"", 429, "too-many-streams", "Too many streams are open"},
    Row{"", 429, "too-many-connections", "Too many connections are open"},
    Row{"", 431, "headers-too-large", "The header fields are too large"},
    Row{"", 502, "no-answer", "No model has answered"},
    Row{"", 503, "seats-busy", "As many questions are being answered as may be at once"},
    Row{"", 503, "being-answered", "The question is still being answered"},
    Row{"", 501, "not-implemented", "Not implemented"},
    Row{"", 505, "version-not-supported", "The HTTP version is not supported"},
    Row{"", 500, "internal", "Internal error"},
};

const Row &internal_error() {
    return table.back();
}

const Row &row_of_sqlstate(std::string_view sqlstate) {
    const Row *best = &internal_error();
    for (const auto &row : table)
        if (!row.sqlstate.empty() && sqlstate.starts_with(row.sqlstate) &&
            row.sqlstate.size() > best->sqlstate.size())
            best = &row;
    return *best;
}

const Row &row_of_slug(std::string_view slug) {
    for (const auto &row : table)
        if (row.slug == slug) return row;
    return internal_error();
}

Problem from_row(const Row &row, std::string detail) {
    Problem problem{.status = row.status,
                    .slug = std::string(row.slug),
                    .title = std::string(row.title),
                    .detail = std::move(detail)};
    problem.chatty_code = row.chatty_code;
    if (problem.detail.empty()) problem.detail = problem.title;
    return problem;
}

// "no-route" to "NO_ROUTE".
std::string capitals(std::string_view slug) {
    std::string code;
    for (const char c : slug)
        code += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    return code;
}

}  // namespace

Problem Problem::of(std::string_view slug, std::string detail) {
    const auto &row = row_of_slug(slug);
    auto problem = from_row(row, std::move(detail));
    if (row.sqlstate.size() == 5) problem.sqlstate = row.sqlstate;
    return problem;
}

Problem Problem::of_sqlstate(std::string_view sqlstate, std::string detail) {
    auto problem = from_row(row_of_sqlstate(sqlstate), std::move(detail));
    problem.sqlstate = sqlstate;
    return problem;
}

bool has_public_message(std::string_view sqlstate) {
    constexpr std::array<std::string_view, 9> ours = {"28000", "28P01", "42501", "P0002", "22023",
                                                      "23505", "53400", "54000", "55000"};
    if (sqlstate.starts_with("VV")) return true;
    for (const auto code : ours)
        if (sqlstate == code) return true;
    return false;
}

Reply problem_reply(const Problem &problem, const ProblemContext &context) {
    const bool chatty = context.dialect == Dialect::chatty;
    const bool reads = context.method == "GET" || context.method == "HEAD";
    // The old client waits for ever on a GET answered 503; 500 it survives.
    const int status =
        chatty && reads && problem.outage() ? context.get_outage_status : problem.status;

    std::string code = problem.sqlstate.empty() ? capitals(problem.slug) : problem.sqlstate;
    if (chatty && !problem.chatty_code.empty()) code = problem.chatty_code;

    JsonWriter out;
    out.begin_object();
    out.key("type").string("urn:vvault:problem:" + problem.slug);
    out.key("title").string(problem.title);
    out.key("status").number(status);
    out.key("detail").string(problem.detail);
    out.key("code").string(code);
    out.key("request_id").string(context.request_id);
    out.key("ok").boolean(false);
    out.key("success").boolean(false);
    out.key("error").string(problem.detail);
    out.key("details").string(problem.details.empty() ? problem.title : problem.details);
    out.key("errorCode").string(code);
    out.end_object();

    Reply reply{.status = status, .content_type = "application/problem+json", .body = out.take()};
    reply.sqlstate = problem.sqlstate;
    if (problem.status == 401)
        reply.with("WWW-Authenticate", problem.token_refused
                                           ? "Bearer realm=\"vvault\", error=\"invalid_token\""
                                           : "Bearer realm=\"vvault\"");
    if (!problem.allow.empty()) reply.with("Allow", problem.allow);
    if (problem.outage() || problem.sqlstate == "VV014" || problem.sqlstate == "53400")
        reply.with("Retry-After", "1");
    if (!problem.content_range.empty()) reply.with("Content-Range", problem.content_range);
    if (problem.retry_after > 0) reply.with("Retry-After", std::to_string(problem.retry_after));
    return reply;
}

}  // namespace gateway
