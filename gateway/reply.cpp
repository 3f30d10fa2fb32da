#include "reply.hpp"

#include "text.hpp"

namespace gateway {

namespace {

bool names(std::string_view list, std::string_view etag) {
    if (trim(list) == "*") return true;
    while (!list.empty()) {
        const auto comma = list.find(',');
        auto candidate = trim(list.substr(0, comma));
        if (candidate.starts_with("W/")) candidate.remove_prefix(2);
        if (candidate == etag) return true;
        if (comma == std::string_view::npos) break;
        list.remove_prefix(comma + 1);
    }
    return false;
}

}  // namespace

Reply json_reply(int status, std::string body) {
    return Reply{.status = status, .content_type = "application/json", .body = std::move(body)};
}

Reply empty_reply(int status) {
    return Reply{.status = status};
}

Reply with_etag(Reply reply, const std::string &etag, std::string_view if_none_match) {
    if (names(if_none_match, etag)) {
        reply.status = 304;
        reply.content_type.clear();
        reply.body.clear();
    }
    // The answer is one person's: only their own cache may keep it, and must ask.
    return reply.with("ETag", etag).with("Cache-Control", "private, no-cache");
}

}  // namespace gateway
