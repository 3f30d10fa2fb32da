// The Chatty dialect's messages: saving one and listing them.
#include "chatty.hpp"
#include "handlers.hpp"
#include "statements.hpp"
#include "text.hpp"

namespace gateway {

namespace {

struct Saved {
    const NewMessage &message;
    std::string session;
    bool duplicate;
};

// What the client compares: whether it was a repeat, and under which of its ids.
void write_saved(JsonWriter &out, const Saved &saved) {
    out.begin_object().key("ok").boolean(true);
    out.key("duplicateSuppressed").boolean(saved.duplicate);
    out.key("clientMessageId").string_or_null(saved.message.client_id);
    out.key("persistence_owner").string("vvault");
    out.key("canonical_target").string(saved.session);
    out.key("roles").begin_array().begin_object();
    out.key("role").string(saved.message.role);
    out.key("status").string(saved.duplicate ? "duplicate" : "ok");
    out.key("source").string("vvault");
    out.end_object().end_array();
}

Reply begin_by_text(Exchange &exchange, const Json &json, const NewMessage &message) {
    const auto &session = exchange.arguments[0];
    auto opening = chatty::opening_of(json, session);
    if (auto title = chatty::title_of_creation(message); !trim(title).empty())
        opening.title = std::string(trim(title));
    const auto rows = exchange.run(
        {{&statements::start_session, {opening.construct, session, opening.title, "true"}}},
        Repeat::safe);
    const bool created = rows[0].truth(0, SessionColumn::created);
    JsonWriter out;
    write_saved(out, {message, std::string(session_name(rows[0], 0)), !created});
    out.key("id").string(rows[0].text(0, SessionColumn::id));
    out.key("seq").number(0).key("message").null().end_object();
    return json_reply(created ? 201 : 200, out.take());
}

}  // namespace

Reply chatty_save_message(Exchange &exchange) {
    const auto json = exchange.json();
    const auto &session = exchange.arguments[0];
    const auto message = chatty::message_of(json, exchange.request.head);
    if (chatty::is_creation(message)) return begin_by_text(exchange, json, message);

    const auto rows = append_message(exchange, session, message, chatty::opening_of(json, session));
    const auto &saved = rows[0];
    JsonWriter out;
    write_saved(out, {message, std::string(saved.text(0, MessageColumn::session)),
                      saved.truth(0, MessageColumn::replayed)});
    out.key("id").string(saved.text(0, MessageColumn::id));
    out.key("seq").raw(saved.text(0, MessageColumn::seq));
    out.key("message");
    chatty::write_message(out, saved, 0);
    out.end_object();
    return message_reply(saved, out.take());
}

Reply chatty_list_messages(Exchange &exchange) {
    const auto rows =
        exchange.run({{&statements::list_messages,
                       {exchange.arguments[0], std::nullopt, std::nullopt, std::nullopt, "false"}}},
                     Repeat::safe);
    JsonWriter out;
    out.begin_object().key("ok").boolean(true).key("messages").begin_array();
    for (int row = 0; row < rows[0].count(); ++row) chatty::write_old_message(out, rows[0], row);
    out.end_array().end_object();
    return json_reply(200, out.take());
}

Reply chatty_post_message(Exchange &exchange) {
    const auto json = exchange.json();
    const auto &session = exchange.arguments[0];
    const auto message = chatty::message_of(json, exchange.request.head);
    if (chatty::is_creation(message)) return begin_by_text(exchange, json, message);

    const auto rows = append_message(exchange, session, message, chatty::opening_of(json, session));
    JsonWriter out;
    out.begin_object().key("ok").boolean(true);
    for (const auto name : {"message", "userMessage"}) {
        out.key(name);
        chatty::write_old_message(out, rows[0], 0);
    }
    out.key("assistantMessage").null().key("aiResponse").null();
    out.key("content").string(rows[0].text(0, MessageColumn::content));
    out.end_object();
    return message_reply(rows[0], out.take());
}

}  // namespace gateway
