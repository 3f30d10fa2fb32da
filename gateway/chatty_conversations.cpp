// The Chatty dialect's boot and its conversations.
#include <chrono>

#include "chatty.hpp"
#include "handlers.hpp"
#include "names.hpp"
#include "statements.hpp"
#include "text.hpp"

namespace gateway {

namespace {

using chatty::opening_of;

// The form that the old server gave to conversations it began itself.
std::string new_session_id() {
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    return "session_" + std::to_string(now.count()) + "_" + random_hex(6);
}

std::string session_of(const Json &json) {
    for (const auto name : {"sessionId", "id", "conversationId"})
        if (auto session = json.string_at(name); session && !session->empty()) return *session;
    return new_session_id();
}

Call start(const Opening &opening, const std::string &session) {
    return {&statements::start_session, {opening.construct, session, opening.title, "true"}};
}

}  // namespace

Reply chatty_health(Exchange &exchange) {
    get_readyz(exchange);  // throws unless the database answers
    return json_reply(200, R"({"ok":true})");
}

Reply chatty_me(Exchange &exchange) {
    const auto rows = exchange.run({{&statements::whoami, {}}}, Repeat::safe);
    const auto me = parse_json(rows[0].text(0, 0));
    const auto id = me.string_if("user_id").value_or("");
    JsonWriter out;
    out.begin_object().key("ok").boolean(true).key("user").begin_object();
    for (const auto name : {"id", "sub", "uid"}) out.key(name).string(id);
    out.key("email").string_or_null(me.string_if("email"));
    out.key("name").string_or_null(me.string_if("display_name"));
    out.key("picture").null();
    out.end_object().end_object();
    return json_reply(200, out.take());
}

// Everything the user has, at once: the client's screen is built from this.
Reply chatty_hydrate(Exchange &exchange) {
    const auto rows = exchange.run({{&statements::list_sessions, {std::nullopt, "false"}},
                                    {&statements::list_all_messages, {std::nullopt}}},
                                   Repeat::safe);
    const auto &sessions = rows[0];
    const auto &messages = rows[1];
    auto of_session = chatty::rows_of_sessions(messages);

    JsonWriter out;
    out.begin_object().key("ok").boolean(true).key("conversations").begin_array();
    for (int row = 0; row < sessions.count(); ++row)
        chatty::write_conversation(out, sessions, row, &messages,
                                   of_session[sessions.text(row, SessionColumn::id)]);
    out.end_array();
    out.key("hydrationSource").string("full").key("hydrationComplete").boolean(true).end_object();
    return chatty::with_content_etag(exchange, out.take());
}

Reply chatty_begin(Exchange &exchange) {
    const auto json = exchange.json();
    const auto session = session_of(json);
    const auto rows = exchange.run({start(opening_of(json, session), session)}, Repeat::safe);
    JsonWriter out;
    out.begin_object().key("ok").boolean(true).key("conversation").begin_object();
    out.key("sessionId").string(session_name(rows[0], 0));
    out.key("title").string_or_null(rows[0].maybe(0, SessionColumn::title));
    out.end_object().end_object();
    return json_reply(rows[0].truth(0, SessionColumn::created) ? 201 : 200, out.take());
}

// The one conversation that a construct has by its own name.
Reply chatty_create_canonical(Exchange &exchange) {
    const auto json = exchange.json();
    auto named = json.string_at("constructId");
    if (!named || named->empty()) named = json.string_at("constructCallsign");
    if (!named || named->empty()) throw Problem::of("invalid-value", "\"constructId\" is missing");
    const auto construct = callsign(*named);
    const auto session = canonical_session(construct);
    const auto rows =
        exchange.run({start(Opening{construct, json.string_at("title")}, session)}, Repeat::safe);
    JsonWriter out;
    out.begin_object().key("ok").boolean(true);
    out.key("sessionId").string(session_name(rows[0], 0));
    out.key("filePath").string(transcript_path(construct));
    out.end_object();
    return json_reply(rows[0].truth(0, SessionColumn::created) ? 201 : 200, out.take());
}

Reply chatty_chat(Exchange &exchange) {
    const auto &session = exchange.arguments[0];
    const auto outcome =
        exchange.attempt({{&statements::render_transcript, {session}},
                          {&statements::list_messages,
                           {session, std::nullopt, std::nullopt, std::nullopt, "false"}}},
                         Repeat::safe);
    // An id nobody has used is an empty chat to the client, not an error.
    if (outcome.failure && outcome.failure->sqlstate != "P0002") throw outcome.failure->problem();

    JsonWriter out;
    out.begin_object().key("ok").boolean(true);
    out.key("content").string(outcome.failure ? "" : outcome.rows[0].text(0, 0));
    out.key("messages").begin_array();
    if (!outcome.failure)
        for (int row = 0; row < outcome.rows[1].count(); ++row)
            chatty::write_message(out, outcome.rows[1], row);
    out.end_array().end_object();
    return chatty::with_content_etag(exchange, out.take());
}

Reply chatty_list_conversations(Exchange &exchange) {
    const auto rows =
        exchange.run({{&statements::list_sessions, {std::nullopt, "false"}}}, Repeat::safe);
    JsonWriter out;
    out.begin_object().key("ok").boolean(true).key("conversations").begin_array();
    for (int row = 0; row < rows[0].count(); ++row)
        chatty::write_conversation(out, rows[0], row, nullptr, {});
    out.end_array().end_object();
    return json_reply(200, out.take());
}

// The older client's way to begin: with a first message in the same body, or without.
Reply chatty_post_conversation(Exchange &exchange) {
    const auto json = exchange.json();
    const auto session = session_of(json);
    const auto opening = opening_of(json, session);
    const auto message = chatty::message_of(json, exchange.request.head);
    const bool has_message = !message.content.empty() || message.metadata;

    std::vector<Call> calls = {start(opening, session)};
    if (has_message)
        calls.push_back(
            {&statements::append_message,
             {session, message.role, Parameter::bytes(message.content), message.client_id,
              message.seat, message.model, std::nullopt, message.metadata, message.timestamp}});
    const bool safe = !has_message || message.client_id || message.timestamp;
    const auto rows =
        exchange.database.run(exchange.token, calls, safe ? Repeat::safe : Repeat::never);
    JsonWriter out;
    out.begin_object().key("ok").boolean(true).key("conversation");
    chatty::write_conversation(out, rows[0], 0, nullptr, {});
    for (const auto name : {"message", "userMessage"}) {
        out.key(name);
        if (has_message)
            chatty::write_old_message(out, rows[1], 0);
        else
            out.null();
    }
    out.key("assistantMessage").null().key("aiResponse").null();
    out.end_object();
    return json_reply(rows[0].truth(0, SessionColumn::created) ? 201 : 200, out.take());
}

}  // namespace gateway
