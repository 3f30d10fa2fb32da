// The Chatty dialect's transcripts: one markdown text for each construct, which
// is a view of the construct's canonical conversation.
#include "chatty.hpp"
#include "handlers.hpp"
#include "names.hpp"
#include "statements.hpp"
#include "text.hpp"

namespace gateway {

namespace {

std::string file_name(const std::string &construct) {
    return "chat_with_" + construct + ".md";
}

Reply transcript_reply(const std::string &construct, std::string_view content,
                       const std::optional<std::string> &updated_at) {
    JsonWriter out;
    out.begin_object().key("success").boolean(true).key("ok").boolean(true);
    out.key("construct_id").string(construct);
    out.key("filename").string(file_name(construct));
    out.key("content").string(content);
    out.key("sha256").string(sha256_hex(content));
    out.key("updated_at").string_or_null(updated_at);
    out.end_object();
    return json_reply(200, out.take());
}

bool forced(const Json &json) {
    const auto *force = json.find("force");
    return force && force->truth;
}

// Half a transcript saved over a whole one has happened, and was an accident.
void refuse_shrinking(Exchange &exchange, const std::string &path, std::size_t new_size) {
    const auto rows =
        exchange.run({{&statements::list_files,
                       {path, "false", "false", std::nullopt, std::nullopt, std::nullopt}}},
                     Repeat::safe);
    for (int row = 0; row < rows[0].count(); ++row) {
        if (rows[0].text(row, 0) != path) continue;
        if (new_size * 2 < static_cast<std::size_t>(rows[0].integer(row, 3)))
            throw Problem::of("transcript-shrinks",
                              "the new transcript is under half as long as the stored one; send "
                              "\"force\": true to store it all the same");
    }
}

}  // namespace

Reply chatty_get_transcript(Exchange &exchange) {
    const auto construct = callsign(exchange.arguments[0]);
    const auto session = canonical_session(construct);
    const auto outcome = exchange.attempt(
        {{&statements::get_session, {session}}, {&statements::render_transcript, {session}}},
        Repeat::safe);
    if (outcome.failure && outcome.failure->sqlstate != "P0002") throw outcome.failure->problem();
    if (!outcome.failure && outcome.rows[0].integer(0, SessionColumn::last_seq) > 0)
        return transcript_reply(construct, outcome.rows[1].text(0, 0),
                                time_at(outcome.rows[0], 0, SessionColumn::updated_at));

    // No turn has become a message: what was uploaded is all there is.
    const auto rows = exchange.run(
        {{&statements::read_file, {transcript_path(construct), std::nullopt, std::nullopt}}},
        Repeat::safe);
    const auto content = rows[0].text(0, 4);
    if (!valid_utf8(content))
        throw Problem::of("not-found", "the stored transcript is no UTF-8 text; read it as a file");
    return transcript_reply(construct, content, time_at(rows[0], 0, 3));
}

Reply chatty_put_transcript(Exchange &exchange) {
    const auto json = exchange.json();
    const auto content = json.string_at("content");
    if (!content) throw Problem::of("invalid-value", "\"content\" is missing");
    const auto construct = callsign(exchange.arguments[0]);
    const auto path = transcript_path(construct);
    if (!forced(json)) refuse_shrinking(exchange, path, content->size());

    const auto rows = exchange.run({{&statements::put_file,
                                     {path, Parameter::bytes(*content), std::nullopt,
                                      "text/markdown", "server", std::nullopt}},
                                    {&statements::import_turns, {path, std::nullopt, "false"}}},
                                   Repeat::safe);
    JsonWriter out;
    out.begin_object().key("success").boolean(true).key("ok").boolean(true);
    out.key("construct_id").string(construct);
    out.key("filename").string(file_name(construct));
    out.key("version").raw(rows[0].text(0, 0));
    out.key("sha256").string(sha256_hex(*content));
    out.key("imported").raw(rows[1].text(0, 0));
    out.end_object();
    return json_reply(200, out.take());
}

Reply chatty_transcript_message(Exchange &exchange) {
    auto json = exchange.json();
    const auto construct = callsign(exchange.arguments[0]);
    const auto session = canonical_session(construct);
    // The speaker's name has no column of its own; transcripts show it from here.
    if (const auto name = json.string_at("name"); name && !json.find("metadata")) {
        Json speaker{.kind = Json::Kind::string, .name = "speaker", .text = *name};
        Json metadata{.kind = Json::Kind::object, .name = "metadata"};
        metadata.children.push_back(std::move(speaker));
        json.children.push_back(std::move(metadata));
    }
    const auto message = chatty::message_of(json, exchange.request.head);
    const auto rows = append_message(exchange, session, message, Opening{construct, std::nullopt},
                                     {{&statements::transcript_length, {session}}});
    const bool replayed = rows[0].truth(0, MessageColumn::replayed);
    const auto *attachments = json.find("attachments");

    JsonWriter out;
    out.begin_object().key("success").boolean(true).key("ok").boolean(true);
    out.key("action").string(replayed ? "duplicate" : "appended");
    out.key("construct_id").string(construct);
    out.key("role").string(message.role);
    out.key("message_length").number(static_cast<std::int64_t>(character_count(message.content)));
    out.key("attachment_count")
        .number(attachments ? static_cast<std::int64_t>(attachments->children.size()) : 0);
    out.key("total_length").raw(rows[1].text(0, 0));
    out.end_object();
    return message_reply(rows[0], out.take());
}

Reply chatty_list_constructs(Exchange &exchange) {
    const auto rows = exchange.run({{&statements::list_constructs, {}}}, Repeat::safe);
    JsonWriter out;
    out.begin_object().key("success").boolean(true).key("ok").boolean(true);
    out.key("constructs").begin_array();
    for (int row = 0; row < rows[0].count(); ++row) {
        const auto construct = std::string(rows[0].text(row, 1));
        out.begin_object();
        out.key("construct_id").string(construct);
        out.key("filename").string(file_name(construct));
        out.key("name").string_or_null(rows[0].maybe(row, 2));
        out.key("role").string_or_null(rows[0].maybe(row, 3));
        out.key("created_at").string_or_null(time_at(rows[0], row, 5));
        out.end_object();
    }
    out.end_array().end_object();
    return json_reply(200, out.take());
}

}  // namespace gateway
