// /messages and /conversations/:id/messages of the standard dialect.
#include <algorithm>
#include <limits>

#include "append.hpp"
#include "handlers.hpp"
#include "names.hpp"
#include "shapes.hpp"
#include "statements.hpp"
#include "text.hpp"

namespace gateway {

namespace {

constexpr std::int64_t default_limit = 100;
constexpr std::int64_t maximum_limit = 1000;

Reply page(Exchange &exchange, const std::string &conversation) {
    const auto &query = exchange.query;
    const auto limit = query.integer("limit").value_or(default_limit);
    if (limit < 1 || limit > maximum_limit)
        throw Problem::of("bad-request", "\"limit\" must be from 1 to 1000");
    const auto order = query.text("order").value_or("asc");
    if (order != "asc" && order != "desc")
        throw Problem::of("bad-request", "\"order\" must be asc or desc");

    // One more than asked for tells whether there are more.
    const auto rows =
        exchange.run({{&statements::list_messages,
                       {conversation, query.integer("after"), query.integer("before"),
                        std::to_string(limit + 1), order == "desc" ? "true" : "false"}}},
                     Repeat::safe);
    const auto &messages = rows[0];
    const bool has_more = messages.count() > limit;
    const int shown = has_more ? static_cast<int>(limit) : messages.count();

    JsonWriter out(messages.json_size());
    out.begin_object().key("messages").begin_array();
    for (int row = 0; row < shown; ++row) write_message(out, messages, row);
    out.end_array();
    out.key("has_more").boolean(has_more);
    out.key("next");
    if (has_more)
        out.raw(messages.text(shown - 1, MessageColumn::seq));
    else
        out.null();
    out.end_object();
    return json_reply(200, out.take());
}

std::string required(const Json &json, std::string_view name) {
    auto value = json.string_at(name);
    if (!value) throw Problem::of("invalid-value", "\"" + std::string(name) + "\" is missing");
    return std::move(*value);
}

std::optional<std::string> client_id_of(const Json &json, const Head &head) {
    auto header = idempotency_key(head);
    auto member = json.string_at("client_id");
    if (header && member && *header != *member)
        throw Problem::of("bad-request", "Idempotency-Key and \"client_id\" differ");
    return header ? header : member;
}

NewMessage message_of(const Json &json, const Head &head) {
    NewMessage message{.role = required(json, "role"), .content = required(json, "content")};
    message.client_id = client_id_of(json, head);
    message.seat = json.string_at("seat");
    message.model = json.string_at("model");
    message.created_at = json.string_at("created_at");
    message.timestamp = json.string_at("timestamp");
    if (const auto *metadata = json.find("metadata"); metadata && !metadata->is(Json::Kind::null))
        message.metadata = to_text(*metadata);
    if (const auto *latency = json.find("latency_ms"); latency && !latency->is(Json::Kind::null)) {
        message.latency_ms = parse_integer(latency->text);
        if (!latency->is(Json::Kind::number) || !message.latency_ms || *message.latency_ms < 0 ||
            *message.latency_ms > std::numeric_limits<std::int32_t>::max())
            throw Problem::of("invalid-value",
                              "\"latency_ms\" must be a whole number of milliseconds");
    }
    if (const auto *tried = json.find("tried"); tried && !tried->is(Json::Kind::null))
        message.tried = to_text(*tried);
    return message;
}

// A conversation is begun by its first message if it is clear with whom.
std::optional<Opening> opening_of(const Json &json, const std::string &conversation) {
    for (const auto name : {"construct", "constructId"})
        if (auto construct = json.string_at(name))
            return Opening{std::move(*construct), json.string_at("title")};
    if (auto construct = construct_of_canonical(conversation))
        return Opening{std::move(*construct), json.string_at("title")};
    return std::nullopt;
}

Reply append_one(Exchange &exchange, const Json &json, const std::string &conversation) {
    const auto message = message_of(json, exchange.request.head);
    const auto rows =
        append_message(exchange, conversation, message, opening_of(json, conversation));
    JsonWriter out;
    write_message(out, rows[0], 0);
    auto reply = message_reply(rows[0], out.take());
    if (reply.status == 201)
        reply.with("Location",
                   "/conversations/" + percent_encode(conversation) + "/messages?after=" +
                       std::to_string(rows[0].integer(0, MessageColumn::seq) - 1) + "&limit=1");
    return reply;
}

bool repeatable(const Json &message) {
    return message.string_if("client_id") || message.string_if("timestamp");
}

Reply append_batch(Exchange &exchange, const Json &json, const Json &messages,
                   const std::string &conversation) {
    if (!messages.is(Json::Kind::array))
        throw Problem::of("invalid-value", "\"messages\" must be an array");
    const bool safe = std::all_of(messages.children.begin(), messages.children.end(), repeatable);
    const auto repeat = safe ? Repeat::safe : Repeat::never;
    const Call append{&statements::append_messages, {conversation, to_text(messages)}};

    auto outcome = exchange.attempt({append}, repeat);
    if (const auto opening = opening_of(json, conversation);
        opening && outcome.failure && outcome.failure->sqlstate == "P0002") {
        const Call begin{&statements::start_session,
                         {opening->construct, conversation, opening->title, "true"}};
        outcome = exchange.attempt({begin, append}, repeat);
    }
    if (outcome.failure) throw outcome.failure->problem();

    const auto &rows = outcome.rows.back();
    bool any_new = false;
    JsonWriter out;
    out.begin_object().key("messages").begin_array();
    for (int row = 0; row < rows.count(); ++row) {
        any_new = any_new || !rows.truth(row, MessageColumn::replayed);
        write_message(out, rows, row);
    }
    out.end_array().end_object();
    auto reply = json_reply(any_new ? 201 : 200, out.take());
    if (!any_new) reply.with("Idempotent-Replayed", "true");
    return reply;
}

Reply append_any(Exchange &exchange, const Json &json, const std::string &conversation) {
    if (const auto *messages = json.find("messages"))
        return append_batch(exchange, json, *messages, conversation);
    return append_one(exchange, json, conversation);
}

}  // namespace

Reply list_messages(Exchange &exchange) {
    return page(exchange, exchange.arguments[0]);
}

Reply list_messages_of_query(Exchange &exchange) {
    const auto conversation = exchange.query.text("conversation");
    if (!conversation)
        throw Problem::of("bad-request", "name the conversation: /messages?conversation=…");
    return page(exchange, *conversation);
}

Reply post_message(Exchange &exchange) {
    return append_any(exchange, exchange.json(), exchange.arguments[0]);
}

Reply post_message_by_body(Exchange &exchange) {
    const auto json = exchange.json();
    return append_any(exchange, json, required(json, "conversation"));
}

}  // namespace gateway
