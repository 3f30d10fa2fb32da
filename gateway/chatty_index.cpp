// The Chatty dialect's conversations in short: the list without histories, one in a few lines, and
// one as a file.
#include "chatty.hpp"
#include "handlers.hpp"
#include "statements.hpp"
#include "text.hpp"

namespace gateway {

namespace {

constexpr const char *shown_messages = "5";

void write_times(JsonWriter &out, const Rows &sessions, int row) {
    out.key("updatedAt").string_or_null(time_at(sessions, row, SessionColumn::updated_at));
    out.key("lastMessageAt").string_or_null(time_at(sessions, row, SessionColumn::last_message_at));
    // Numbers have no gap, so the last one is how many there are.
    out.key("messageCount").raw(sessions.text(row, SessionColumn::last_seq));
}

}  // namespace

Reply chatty_index(Exchange &exchange) {
    const auto rows = exchange.run({{&statements::list_sessions, {std::nullopt, "false"}},
                                    {&statements::list_all_messages, {shown_messages}}},
                                   Repeat::safe);
    const auto &sessions = rows[0];
    auto of_session = chatty::rows_of_sessions(rows[1]);
    JsonWriter out;
    out.begin_object().key("ok").boolean(true).key("conversations").begin_array();
    for (int row = 0; row < sessions.count(); ++row) {
        out.begin_object();
        out.key("id").string(session_name(sessions, row));
        out.key("title").string(chatty::title_of(sessions, row));
        out.key("constructId").string(sessions.text(row, SessionColumn::construct));
        write_times(out, sessions, row);
        out.key("messages").begin_array();
        for (const int at : of_session[sessions.text(row, SessionColumn::id)])
            chatty::write_message(out, rows[1], at);
        out.end_array().end_object();
    }
    out.end_array();
    out.key("hydrationSource").string("index").key("hydrationComplete").boolean(true).end_object();
    return chatty::with_content_etag(exchange, out.take());
}

Reply chatty_summary(Exchange &exchange) {
    const auto &session = exchange.arguments[0];
    const auto rows =
        exchange.run({{&statements::get_session, {session}},
                      {&statements::list_messages,
                       {session, std::nullopt, std::nullopt, shown_messages, "true"}}},
                     Repeat::safe);
    JsonWriter out;
    out.begin_object().key("ok").boolean(true);
    out.key("sessionId").string(session_name(rows[0], 0));
    out.key("title").string(chatty::title_of(rows[0], 0));
    out.key("constructId").string(rows[0].text(0, SessionColumn::construct));
    out.key("messages").begin_array();
    for (int row = rows[1].count() - 1; row >= 0; --row) chatty::write_message(out, rows[1], row);
    out.end_array();
    write_times(out, rows[0], 0);
    // The same digest in the body as in the header, so it is not of itself.
    auto body = out.take();
    const auto digest = sha256_hex(body);
    body += ",\"etag\":\"" + digest + "\"}";
    return with_etag(json_reply(200, std::move(body)), "\"" + digest + "\"",
                     exchange.request.head.field("if-none-match"));
}

Reply chatty_export(Exchange &exchange) {
    const auto format = exchange.query.text("format").value_or("md");
    if (format != "md" && format != "markdown")
        throw Problem::of("invalid-value", "\"format\" can only be md");
    auto reply = get_transcript(exchange);
    if (reply.status == 200)
        reply.with("Content-Disposition",
                   "attachment; filename*=UTF-8''" + percent_encode(exchange.arguments[0] + ".md"));
    return reply;
}

}  // namespace gateway
