// Adding one message to a conversation, which both dialects do: in one round
// trip where the conversation exists, in a second one where it must be begun.
#pragma once

#include <optional>
#include <string>

#include "exchange.hpp"

namespace gateway {

struct NewMessage {
    std::string role;
    std::string content;
    std::optional<std::string> client_id = {};
    std::optional<std::string> seat = {};
    std::optional<std::string> model = {};
    std::optional<std::string> created_at = {};
    std::optional<std::string> metadata = {};   // JSON text
    std::optional<std::string> timestamp = {};  // as the sender wrote it
    // What answering took: milliseconds, and JSON text of the models that were tried.
    std::optional<std::int64_t> latency_ms = {};
    std::optional<std::string> tried = {};
};

// How to begin a conversation that is not there yet.
struct Opening {
    std::string construct;
    std::optional<std::string> title;
};

// The Idempotency-Key header, if it was sent and can be a client id. Throws
// Problem 400 otherwise.
std::optional<std::string> idempotency_key(const Head &head);

// One row of vvault.message. Without an opening a missing conversation is 404.
// `behind` is asked in the same transaction as the message, for its result.
std::vector<Rows> append_message(Exchange &exchange, const std::string &session,
                                 const NewMessage &message, const std::optional<Opening> &opening,
                                 std::initializer_list<Call> behind = {});

// 201 for a new message, 200 for one that was there.
Reply message_reply(const Rows &message, std::string body);

}  // namespace gateway
