// /events and /conversations/:id/events.
#include "events.hpp"

#include <memory>

#include "handlers.hpp"
#include "json.hpp"
#include "shapes.hpp"
#include "statements.hpp"
#include "text.hpp"

namespace gateway {

namespace {

constexpr int batch = 100;
constexpr int usual_retry_milliseconds = 2000;
constexpr std::size_t longest_cursor = 8192;

// Behind the columns of a message and those of a session (statements.hpp).
enum Column : int {
    conversation = static_cast<int>(MessageColumn::user_id) + 1,
    cursor = conversation + static_cast<int>(SessionColumn::user_id) + 1,
    event,
    data
};

std::string field(std::string_view name, std::string_view value) {
    return std::string(name) + ": " + std::string(value) + "\n";
}

void write_event(std::string &out, std::string_view name, std::string_view id,
                 std::string_view json) {
    out += field("event", name);
    if (!id.empty()) out += field("id", id);
    out += field("data", json) + "\n";
}

std::string json_of(const Rows &rows, int row) {
    const auto name = rows.text(row, Column::event);
    JsonWriter out;
    if (name == "message")
        write_message(out, rows, row);
    else if (name.starts_with("conversation."))
        write_session(out, rows, row, Column::conversation);
    else
        out.raw(rows.text(row, Column::data));
    return out.take();
}

std::string text_at(const Json &json, std::string_view name) {
    return json.string_if(name).value_or("");
}

// The last row says where the reading has come to, and what it is about.
void take_position(Subscription &subscription, const Rows &rows) {
    const int row = rows.count() - 1;
    const auto position = parse_json_object(rows.text(row, Column::data));
    subscription.cursor = rows.text(row, Column::cursor);
    subscription.user_id = text_at(position, "user_id");
    subscription.token_id = text_at(position, "token_id");
    subscription.session_id = text_at(position, "session_id");
    subscription.owners.clear();
    if (const auto owner = text_at(position, "owner_id"); !owner.empty())
        subscription.owners.push_back(owner);
    else if (const auto *owners = position.find("owners"))
        for (const auto &one : owners->children) subscription.owners.push_back(one.text);
    subscription.valid_for.reset();
    if (const auto *seconds = position.find("valid_seconds"))
        if (const auto number = parse_integer(seconds->text))
            subscription.valid_for = std::chrono::seconds(*number);
    const auto *more = position.find("more");
    subscription.more = more && more->truth;
}

std::string read_some(Subscription &subscription, Database &database, bool opening) {
    std::optional<std::string> since, known, seen;
    if (!subscription.cursor.empty()) since = subscription.cursor;
    if (!subscription.seen.empty()) {
        known = "[" + subscription.known + "]";
        seen = subscription.seen;
    }
    const Call call{&statements::list_events,
                    {since, subscription.conversation, std::to_string(batch), known, seen}};
    const auto rows = database.run(subscription.token, {&call, 1}, Repeat::safe);
    const auto &events = rows[0];
    if (events.count() == 0) throw Problem::of("internal", "the vault told no position");
    take_position(subscription, events);
    std::string out;
    if (opening) {
        out = field("retry", std::to_string(usual_retry_milliseconds)) + "\n";
        write_event(out, "ready", since ? *since : subscription.cursor, "{}");
    }
    for (int row = 0; row + 1 < events.count(); ++row)
        write_event(out, events.text(row, Column::event), events.text(row, Column::cursor),
                    json_of(events, row));
    return out;
}

bool wants_events(std::string_view accept) {
    if (accept.empty()) return true;
    for (const auto type : {"text/event-stream", "text/*", "*/*"})
        if (accept.find(type) != std::string_view::npos) return true;
    return false;
}

Reply open_stream(Exchange &exchange, std::optional<std::string> conversation) {
    const auto &head = exchange.request.head;
    if (!wants_events(lower(head.field("accept"))))
        throw Problem::of("not-acceptable", "events are told as text/event-stream only");
    const auto place = head.field("last-event-id");
    if (place.size() > longest_cursor)
        throw Problem::of("bad-request", "Last-Event-ID is longer than any that was given out");
    auto subscription = std::make_shared<Subscription>();
    subscription->token = exchange.token;
    subscription->conversation = std::move(conversation);
    subscription->cursor = place;
    Reply reply{.status = 200,
                .content_type = "text/event-stream; charset=utf-8",
                .body = read_some(*subscription, exchange.database, true)};
    reply.with("X-Accel-Buffering", "no");
    if (head.method == "HEAD")
        reply.body.clear();
    else
        reply.subscription = std::move(subscription);
    return reply;
}

}  // namespace

Reply get_events(Exchange &exchange) {
    return open_stream(exchange, std::nullopt);
}

Reply get_conversation_events(Exchange &exchange) {
    return open_stream(exchange, exchange.arguments[0]);
}

std::string read_on(Subscription &subscription, Database &database) {
    try {
        auto out = read_some(subscription, database, false);
        subscription.state = Subscription::State::reading;
        return out;
    } catch (const Problem &problem) {
        if (problem.status >= 500) {
            subscription.state = Subscription::State::unreachable;
            return {};
        }
        subscription.state = Subscription::State::ended;
        return farewell(problem.slug, usual_retry_milliseconds);
    }
}

std::string farewell(std::string_view reason, int retry_milliseconds) {
    JsonWriter json;
    json.begin_object().key("reason").string(reason).end_object();
    std::string out = field("retry", std::to_string(retry_milliseconds));
    write_event(out, "end", "", json.take());
    return out;
}

std::string place_mark(const Subscription &subscription) {
    return field("id", subscription.cursor) + "\n";
}

}  // namespace gateway
