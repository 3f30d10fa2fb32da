// /conversations of the standard dialect.
#include "handlers.hpp"
#include "names.hpp"
#include "shapes.hpp"
#include "statements.hpp"
#include "text.hpp"

namespace gateway {

namespace {

std::optional<std::string> first_of(const Json &json, std::initializer_list<const char *> names) {
    for (const auto name : names)
        if (auto value = json.string_at(name)) return value;
    return std::nullopt;
}

Reply session_reply(int status, const Rows &sessions) {
    JsonWriter out;
    write_session(out, sessions, 0);
    return json_reply(status, out.take());
}

}  // namespace

Reply list_conversations(Exchange &exchange) {
    const bool shared = exchange.query.text("shared").value_or("true") != "false";
    const auto rows =
        exchange.run({{&statements::list_sessions,
                       {exchange.query.text("construct"), shared ? "true" : "false"}}},
                     Repeat::safe);
    JsonWriter out;
    out.begin_object().key("conversations").begin_array();
    for (int row = 0; row < rows[0].count(); ++row) write_session(out, rows[0], row);
    out.end_array().end_object();
    return json_reply(200, out.take());
}

Reply post_conversation(Exchange &exchange) {
    const auto json = exchange.json();
    const auto id = first_of(json, {"id", "external_id", "conversation", "sessionId"});
    auto construct = first_of(json, {"construct", "constructId"});
    if (!construct && id) construct = construct_of_canonical(*id);
    if (!construct) throw Problem::of("invalid-value", "\"construct\" is missing");
    const auto *create = json.find("create_construct");
    const bool may_create = !create || create->truth;

    const auto rows =
        exchange.run({{&statements::start_session,
                       {*construct, id, json.string_at("title"), may_create ? "true" : "false"}}},
                     id ? Repeat::safe : Repeat::never);
    const bool created = rows[0].truth(0, SessionColumn::created);
    auto reply = session_reply(created ? 201 : 200, rows[0]);
    return reply.with("Location", "/conversations/" + percent_encode(session_name(rows[0], 0)));
}

Reply get_conversation(Exchange &exchange) {
    const auto rows =
        exchange.run({{&statements::get_session, {exchange.arguments[0]}}}, Repeat::safe);
    return session_reply(200, rows[0]);
}

Reply patch_conversation(Exchange &exchange) {
    const auto json = exchange.json();
    const auto &session = exchange.arguments[0];
    const auto title = json.string_at("title");
    const auto *ended = json.find("ended");
    if (ended && !ended->truth)
        throw Problem::of("invalid-value", "\"ended\" can only become true");
    if (!title && !ended)
        throw Problem::of("invalid-value", "say what changes: \"title\" or \"ended\"");

    const Call rename{&statements::rename_session, {session, title}};
    const Call end{&statements::end_session, {session}};
    const auto rows = !ended  ? exchange.run({rename}, Repeat::safe)
                      : title ? exchange.run({rename, end}, Repeat::safe)
                              : exchange.run({end}, Repeat::safe);
    return session_reply(200, rows.back());
}

Reply get_transcript(Exchange &exchange) {
    const auto rows =
        exchange.run({{&statements::render_transcript, {exchange.arguments[0]}}}, Repeat::safe);
    Reply reply{.status = 200,
                .content_type = "text/markdown; charset=utf-8",
                .body = std::string(rows[0].text(0, 0))};
    const auto etag = "\"" + sha256_hex(reply.body) + "\"";
    return with_etag(std::move(reply), etag, exchange.request.head.field("if-none-match"));
}

}  // namespace gateway
