#include "append.hpp"

#include <algorithm>

#include "shapes.hpp"
#include "statements.hpp"

namespace gateway {

namespace {

// The database tells a repeat by the client id, else by a timestamp's digest.
Repeat repeat_of(const NewMessage &message) {
    return message.client_id || message.timestamp ? Repeat::safe : Repeat::never;
}

// What tells of attempts has a function of its own, so that nothing else pays for it.
Call append_call(const std::string &session, const NewMessage &message) {
    Call call{
        &statements::append_message,
        {session, message.role, Parameter::bytes(message.content), message.client_id, message.seat,
         message.model, message.created_at, message.metadata, message.timestamp}};
    if (message.latency_ms || message.tried) {
        call.statement = &statements::append_answer;
        call.parameters.emplace_back(message.latency_ms);
        call.parameters.emplace_back(message.tried);
    }
    return call;
}

}  // namespace

std::optional<std::string> idempotency_key(const Head &head) {
    if (!head.has_field("idempotency-key")) return std::nullopt;
    const auto key = head.field("idempotency-key");
    const bool visible =
        std::all_of(key.begin(), key.end(), [](char c) { return c >= ' ' && c <= '~'; });
    if (key.empty() || key.size() > 200 || !visible)
        throw Problem::of("bad-request", "Idempotency-Key must be 1 to 200 visible characters");
    return std::string(key);
}

std::vector<Rows> append_message(Exchange &exchange, const std::string &session,
                                 const NewMessage &message, const std::optional<Opening> &opening,
                                 std::initializer_list<Call> behind) {
    std::vector<Call> calls = {append_call(session, message)};
    calls.insert(calls.end(), behind);
    const auto repeat = repeat_of(message);
    auto outcome = exchange.database.attempt(exchange.token, calls, repeat);
    if (!outcome.failure) return std::move(outcome.rows);
    if (outcome.failure->sqlstate != "P0002" || !opening) throw outcome.failure->problem();

    calls.insert(calls.begin(), {&statements::start_session,
                                 {opening->construct, session, opening->title, "true"}});
    auto rows = exchange.database.run(exchange.token, calls, repeat);
    rows.erase(rows.begin());
    return rows;
}

Reply message_reply(const Rows &message, std::string body) {
    const bool replayed = message.truth(0, MessageColumn::replayed);
    auto reply = json_reply(replayed ? 200 : 201, std::move(body));
    if (replayed) reply.with("Idempotent-Replayed", "true");
    return reply;
}

}  // namespace gateway
