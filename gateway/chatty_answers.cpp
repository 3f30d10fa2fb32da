// POST /api/chatty/message: the question is stored and claimed here; then a model is asked, and
// the answer stored, without a worker waiting (relay.hpp).
#include "answer_stream.hpp"
#include "chatty.hpp"
#include "handlers.hpp"
#include "names.hpp"
#include "queues.hpp"
#include "relay_steps.hpp"
#include "statements.hpp"
#include "text.hpp"

namespace gateway {

namespace {

struct Question {
    NewMessage message;
    std::string session;
    Opening opening;
};

std::string fresh_uuid() {
    auto hex = random_hex(16);
    hex[12] = '4';
    hex[16] = '8';
    for (const std::size_t dash : {20, 16, 12, 8}) hex.insert(dash, "-");
    return hex;
}

std::optional<std::string> text_at(const Json &json, std::initializer_list<const char *> names) {
    for (const auto name : names)
        if (auto text = json.string_at(name); text && !text->empty()) return text;
    return std::nullopt;
}

Question question_of(const Json &json, const Head &head) {
    Question question{.message = chatty::message_of(json, head), .session = {}, .opening = {}};
    auto &message = question.message;
    if (message.role != "user")
        throw Problem::of("invalid-value", "a question's \"role\" is user, if it is given");
    if (strip(message.content).empty())
        throw Problem::of("invalid-value", "\"message\" is missing");
    if (!message.client_id) message.client_id = text_at(json, {"clientMessageId", "client_id"});
    // Without a key nobody can ask for the same again; the gateway still has to find it.
    if (!message.client_id) message.client_id = "asked:" + random_hex(16);
    message.seat.reset();
    message.model.reset();
    message.tried.reset();
    const auto session = text_at(json, {"sessionId", "conversationId", "conversation"});
    const auto construct = text_at(json, {"constructId", "construct_id", "constructCallsign"});
    if (!session && !construct) throw Problem::of("invalid-value", "\"constructId\" is missing");
    question.session = session ? *session : canonical_session(callsign(*construct));
    question.opening = chatty::opening_of(json, question.session);
    if (construct) question.opening.construct = *construct;
    return question;
}

const Seat &seat_of(const Json &json, const std::string &message, const SeatSettings &settings) {
    const auto name = json.string_at("seat");
    if (!name || name->empty()) return settings.for_message(message);
    if (const auto *seat = settings.find(*name)) return *seat;
    std::string known;
    for (const auto &each : settings.seats) known += (known.empty() ? "" : ", ") + each.name;
    throw Problem::of("invalid-value", "\"seat\" is one of " + known);
}

bool wants_stream(const Json &json, const Head &head) {
    if (const auto *stream = json.find("stream"); stream && !stream->is(Json::Kind::null)) {
        if (!stream->is(Json::Kind::boolean))
            throw Problem::of("invalid-value", "\"stream\" is true or false");
        return stream->truth;
    }
    return lower(head.field("accept")).find("text/event-stream") != std::string::npos;
}

Reply events(std::string body) {
    Reply reply{
        .status = 200, .content_type = "text/event-stream; charset=utf-8", .body = std::move(body)};
    return reply.with("X-Accel-Buffering", "no");
}

Reply known_answer(const Relay &relay, std::int64_t number, bool streams, Database &database) {
    auto json = stored_answer(relay, number, database);
    auto reply = streams ? events(answer_event("answer", json)) : json_reply(200, std::move(json));
    return reply.with("Idempotent-Replayed", "true");
}

}  // namespace

Reply chatty_ask_model(Exchange &exchange) {
    const auto &settings = exchange.config.seats;
    if (!settings) {
        // A token that is none is told so.
        exchange.run({{&statements::whoami, {}}}, Repeat::safe);
        throw Problem::of("not-implemented", "no language model is configured for this vault");
    }
    const auto json = exchange.json();
    const auto question = question_of(json, exchange.request.head);
    const auto &seat = seat_of(json, question.message.content, *settings);
    const bool streams = wants_stream(json, exchange.request.head);

    auto &home = *exchange.service.relays;
    if (!home.enter()) throw Problem::of("seats-busy", "ask again in a moment");
    auto relay = std::make_shared<Relay>();
    relay->home = &home;
    relay->seat = &seat;
    relay->token = exchange.token;
    relay->client_id = *question.message.client_id;
    relay->claim = fresh_uuid();
    relay->ends_at = relay->begun + settings->total_limit;

    // Stored and claimed in one transaction, in which the right to both, and to what was said
    // before, is asked for: a refusal leaves nothing behind.
    const auto rows = append_message(
        exchange, question.session, question.message, question.opening,
        {{&statements::begin_answer, {question.session, relay->client_id, relay->claim}},
         {&statements::get_session, {question.session}}});
    const auto &claim = rows[1];
    relay->session = rows[0].text(0, MessageColumn::session_id);
    relay->construct = rows[2].text(0, SessionColumn::construct);
    relay->construct_name =
        rows[2].maybe(0, SessionColumn::construct_title).value_or(spoken_name(relay->construct));
    const auto state = claim.text(0, 0);
    if (state == "answered")
        return known_answer(*relay, claim.integer(0, 2), streams, exchange.database);
    if (state == "claimed") {
        relay->question = claim.integer(0, 1);
        prepare_question(*relay, *settings, exchange.database);
    }
    Reply reply;
    if (streams) {
        relay->stream = std::make_shared<AnswerStream>(
            [&completions = exchange.service.completions] { completions.wake(); });
        JsonWriter about;
        about.begin_object().key("id").string(rows[0].text(0, MessageColumn::id));
        about.key("sessionId").string(question.session).key("seat").string(seat.name).end_object();
        reply = events(answer_event("question", about.take()));
        reply.reading = relay->stream;
    }
    reply.relay = std::move(relay);
    return reply;
}

}  // namespace gateway
