#include "framing.hpp"

#include <algorithm>
#include <array>

#include "problem.hpp"
#include "text.hpp"

namespace gateway {

namespace {

[[noreturn]] void refuse(const char *detail) {
    throw Problem::of("bad-request", detail);
}

bool letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// RFC 9110, 5.6.2.
bool token_character(char c) {
    return letter_or_digit(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// RFC 3986: what a path and a query may hold. No fragment, no brackets.
bool target_character(char c) {
    return letter_or_digit(c) ||
           std::string_view("-._~!$&'()*+,;=:@/?%").find(c) != std::string_view::npos;
}

bool all_of(std::string_view text, bool (*accepts)(char)) {
    return std::all_of(text.begin(), text.end(), accepts);
}

// Encoded NUL, CR and LF have no honest use here, and whoever decodes them twice
// or logs them is their target.
bool has_encoded_control(std::string_view text) {
    for (auto at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
        const auto digits = lower(text.substr(at + 1, 2));
        if (digits == "00" || digits == "0d" || digits == "0a") return true;
    }
    return false;
}

void check_method(std::string_view method) {
    constexpr std::array<std::string_view, 7> known = {"GET",   "HEAD",   "POST",   "PUT",
                                                       "PATCH", "DELETE", "OPTIONS"};
    if (method.empty() || !all_of(method, token_character)) refuse("the request line is malformed");
    if (std::find(known.begin(), known.end(), method) == known.end())
        throw Problem::of("not-implemented",
                          "the method is not one of GET, HEAD, POST, PUT, "
                          "PATCH, DELETE, OPTIONS");
}

void check_target(std::string_view target) {
    if (target.size() > maximum_target_bytes)
        throw Problem::of("uri-too-long", "the request target is longer than 4096 bytes");
    if (target.empty() || target[0] != '/') refuse("the request target must begin with a slash");
    if (!all_of(target, target_character))
        refuse("the request target has a character that must be percent-encoded");
    for (auto at = target.find('%'); at != std::string_view::npos; at = target.find('%', at + 1))
        if (!percent_decode(target.substr(at, 3), false))
            refuse("the request target has an incomplete percent escape");
    if (has_encoded_control(target)) refuse("the request target must not hold %00, %0d or %0a");
}

void parse_request_line(std::string_view line, Head &head) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) refuse("the request line is malformed");
    const auto method = line.substr(0, first);
    const auto target = line.substr(first + 1, last - first - 1);
    const auto version = line.substr(last + 1);
    if (!version.starts_with("HTTP/")) refuse("the request line is malformed");
    check_method(method);
    if (version != "HTTP/1.1" && version != "HTTP/1.0")
        throw Problem::of("version-not-supported", "only HTTP/1.1 and HTTP/1.0 are spoken here");
    head.method = method;
    check_target(target);
    head.target = target;
    head.keep_alive = version == "HTTP/1.1";
}

void parse_field(std::string_view line, Head &head) {
    if (line[0] == ' ' || line[0] == '\t') refuse("a header field is folded over two lines");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) refuse("a header line has no colon");
    const auto name = line.substr(0, colon);
    if (name.empty() || !all_of(name, token_character))
        refuse("a header field's name is not a token");
    const auto value = trim(line.substr(colon + 1));
    for (const char c : value)
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F)
            refuse("a header field holds a control character");
    if (has_encoded_control(value)) refuse("a header field must not hold %00, %0d or %0a");

    auto key = lower(name);
    // Names under which servers pass on the peer's address: never a client's to set.
    if (key.starts_with("remote_") || key.starts_with("local_"))
        refuse("a header field has a reserved name");
    constexpr std::array<std::string_view, 10> once = {
        "transfer-encoding", "host",   "content-length",  "authorization",
        "content-type",      "expect", "idempotency-key", "if-match",
        "if-none-match",     "origin"};
    if (std::find(once.begin(), once.end(), key) != once.end() && head.has_field(key))
        refuse("a header field that may stand once stands twice");
    if (head.fields.size() == maximum_fields)
        throw Problem::of("headers-too-large", "there are more than 64 header fields");
    head.fields.emplace_back(std::move(key), value);
}

bool host_character(char c) {
    return letter_or_digit(c) || std::string_view("-._~:[]").find(c) != std::string_view::npos;
}

void check_host(const Head &head) {
    const auto host = head.field("host");
    if (host.empty() || host.size() > 255 || !all_of(host, host_character))
        refuse("exactly one valid Host field is required");
}

void check_body_framing(Head &head) {
    if (head.has_field("transfer-encoding")) {
        // Of two ways to say where a body ends, somebody in front may have believed the other.
        if (head.has_field("content-length"))
            refuse("Transfer-Encoding and Content-Length exclude each other");
        if (!head.keep_alive) refuse("HTTP/1.0 knows no Transfer-Encoding");
        if (lower(head.field("transfer-encoding")) != "chunked")
            throw Problem::of("length-required",
                              "the only Transfer-Encoding known here is chunked");
        head.chunked = true;
    }
    if (head.has_field("content-encoding"))
        throw Problem::of("unsupported-media-type", "a body must not be compressed");
    if (head.has_field("content-length")) {
        const auto text = head.field("content-length");
        const auto digit = [](char c) { return c >= '0' && c <= '9'; };
        if (text.empty() || text.size() > 15 || !std::all_of(text.begin(), text.end(), digit))
            refuse("Content-Length must be a number");
        head.content_length = static_cast<std::size_t>(*parse_integer(text));
    } else if (head.method == "PUT" && !head.chunked) {
        // An absent length means an empty body; storing that by mistake is a loss.
        throw Problem::of("length-required", "PUT needs a Content-Length");
    }
}

void read_connection(Head &head) {
    for (const auto &[name, value] : head.fields) {
        if (name != "connection") continue;
        if (lower(value).find("close") != std::string::npos) head.keep_alive = false;
    }
    if (!head.has_field("expect")) return;
    if (lower(head.field("expect")) != "100-continue")
        throw Problem::of("expectation-failed", "only \"Expect: 100-continue\" is known here");
    head.expects_continue = true;
}

}  // namespace

std::size_t find_head_end(std::string_view input, std::size_t &scanned) {
    const auto searched = input.substr(0, maximum_head_bytes);
    for (; scanned < searched.size(); ++scanned) {
        const char c = searched[scanned];
        if (c == '\0') refuse("the header holds a NUL byte");
        const bool after_cr = scanned > 0 && searched[scanned - 1] == '\r';
        if (after_cr != (c == '\n')) refuse("a line must end in CR LF, and hold neither otherwise");
        if (c == '\n' && scanned >= 3 && searched[scanned - 2] == '\n') return ++scanned;
    }
    if (input.size() >= maximum_head_bytes)
        throw Problem::of("headers-too-large", "the header is larger than 16 KiB");
    return 0;
}

Head parse_head(std::string_view block) {
    Head head;
    bool first = true;
    bool skipped = false;
    while (!block.empty()) {
        const auto end = block.find("\r\n");
        const auto line = block.substr(0, end);
        block.remove_prefix(end + 2);
        if (line.empty()) {
            if (!first || skipped) break;
            skipped = true;  // RFC 9112, 2.2: one empty line before a request is forgiven
            continue;
        }
        if (first)
            parse_request_line(line, head);
        else
            parse_field(line, head);
        first = false;
    }
    if (first) refuse("the request is empty");
    check_host(head);
    check_body_framing(head);
    read_connection(head);
    return head;
}

}  // namespace gateway
