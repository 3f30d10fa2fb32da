// What a handler answers: a status, headers of its own, and a whole body. The
// engine adds what every answer has (Content-Length, X-Request-Id, …).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway {

class AnswerStream;
struct Download;
struct Relay;
struct Subscription;

struct Reply {
    int status = 200;
    std::string content_type = {};
    std::string body = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string sqlstate = {};  // for the access log only
    // The body is the beginning of a stream that goes on (events.hpp).
    std::shared_ptr<Subscription> subscription = {};
    // Of a body that is not all here, or that nobody wants to have: how long it is, and what
    // brings the rest (transfers.hpp).
    std::optional<std::uint64_t> length = {};
    std::shared_ptr<Download> download = {};
    // No answer: the next part of the upload is wanted.
    bool more = false;
    // No answer yet: a model is asked (relay.hpp). With `reading`, the body is the beginning of
    // one that is read along.
    std::shared_ptr<Relay> relay = {};
    std::shared_ptr<AnswerStream> reading = {};

    Reply &with(std::string name, std::string value) {
        headers.emplace_back(std::move(name), std::move(value));
        return *this;
    }
};

Reply json_reply(int status, std::string body);
Reply empty_reply(int status);

// An answer is one person's: only their own cache may keep it, and must ask each time unless
// the answer stays what it is.
enum class Changes { sometimes, never };
Reply with_caching(Reply reply, Changes changes);

// Turns a reply into 304 without a body when `if_none_match` names its ETag, as
// RFC 9110, 13.1.2: weak comparison, a list, or "*". Adds the ETag either way.
Reply with_etag(Reply reply, const std::string &etag, std::string_view if_none_match,
                Changes changes = Changes::sometimes);

}  // namespace gateway
