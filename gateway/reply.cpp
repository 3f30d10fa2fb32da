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

Reply with_caching(Reply reply, Changes changes) {
    return reply.with("Cache-Control", changes == Changes::never
                                           ? "private, max-age=31536000, immutable"
                                           : "private, no-cache");
}

Reply with_etag(Reply reply, const std::string &etag, std::string_view if_none_match,
                Changes changes) {
    if (names(if_none_match, etag)) {
        reply.status = 304;
        reply.content_type.clear();
        reply.body.clear();
        reply.length.reset();
        reply.download.reset();
    }
    return with_caching(std::move(reply.with("ETag", etag)), changes);
}

}  // namespace gateway
