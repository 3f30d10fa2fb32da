#include "relay_steps.hpp"

#include "access_log.hpp"
#include "answer_stream.hpp"
#include "connection.hpp"
#include "cors.hpp"
#include "json.hpp"
#include "json_writer.hpp"
#include "relays.hpp"
#include "shapes.hpp"
#include "statements.hpp"
#include "text.hpp"

namespace gateway {

namespace {

using std::chrono::milliseconds;

constexpr auto between_looks = milliseconds(250);
constexpr auto between_stores = milliseconds(1000);
// How long an answer is held that the database cannot take.
constexpr auto patience = std::chrono::seconds(30);

Rows one(Database &database, const Relay &relay, const Call &call) {
    auto rows = database.run(relay.token, {&call, 1}, Repeat::safe);
    return std::move(rows.front());
}

std::string chain(const Relay &relay) {
    JsonWriter out;
    out.begin_array();
    for (const auto &attempt : relay.tried) {
        out.begin_object();
        out.key("backend").string(attempt.backend);
        out.key("model").string(attempt.model);
        if (!attempt.error_class.empty()) out.key("error_class").string(attempt.error_class);
        out.key("latency_ms").number(attempt.latency.count());
        out.end_object();
    }
    out.end_array();
    return out.take();
}

// {success, response, construct_id, constructId, constructName, timestamp, model, seat, …}
std::string answer_json(const Relay &relay, const Rows &rows) {
    using Column = MessageColumn;
    const auto metadata = parse_json(rows.maybe(0, Column::metadata).value_or("{}"));
    const auto *tried = metadata.find("tried");
    const auto *partial = metadata.find("partial");
    JsonWriter out(rows.json_size());
    out.begin_object().key("ok").boolean(true).key("success").boolean(true);
    out.key("response").string(rows.text(0, Column::content));
    out.key("construct_id").string(relay.construct);
    out.key("constructId").string(relay.construct);
    out.key("constructName").string(relay.construct_name);
    out.key("timestamp").string(rows.text(0, Column::timestamp));
    out.key("model").string_or_null(rows.maybe(0, Column::model));
    out.key("seat").string_or_null(rows.maybe(0, Column::seat));
    if (tried && tried->children.size() > 1) out.key("fallback").boolean(true);
    if (partial && partial->truth) out.key("partial").boolean(true);
    out.key("sessionId").string(rows.text(0, Column::session));
    out.key("id").string(rows.text(0, Column::id));
    out.key("seq").raw(rows.text(0, Column::seq));
    out.end_object();
    return out.take();
}

std::optional<Answer> conclude(Relay &relay, Answer answer, Service &service) {
    if (relay.stream) {
        relay.stream->end(answer.reply.status == 200 ? "answer" : "error", answer.reply.body);
        return std::nullopt;
    }
    answer.route = relay.route;
    if (answer.reply.status == 200)  // refusals have it already
        allow_origin(answer.reply, relay.waiting->request.head, service.config);
    return answer;
}

std::optional<Answer> conclude(Relay &relay, const Problem &problem, Service &service) {
    Head head;
    head.method = "POST";
    head.target = "/api/chatty/message";
    return conclude(relay,
                    refusal(problem, relay.waiting ? relay.waiting->request.head : head,
                            service.config, relay.request_id),
                    service);
}

std::optional<Answer> answered(Relay &relay, std::string json, Service &service) {
    return conclude(relay, Answer{.reply = json_reply(200, std::move(json))}, service);
}

// Somebody else was answering it: have they done, or gone?
std::optional<Answer> look(const std::shared_ptr<Relay> &relay, Service &service,
                           Database &database) {
    auto &home = *service.relays;
    const auto rows =
        one(database, *relay,
            {&statements::begin_answer, {relay->session, relay->client_id, relay->claim}});
    const auto state = rows.text(0, 0);
    if (state == "answered")
        return answered(*relay, stored_answer(*relay, rows.integer(0, 2), database), service);
    if (state == "claimed") {
        relay->question = rows.integer(0, 1);
        prepare_question(*relay, *service.config.seats, database);
        home.ask(relay);
        return std::nullopt;
    }
    if (Relay::Clock::now() >= relay->ends_at || home.stopping())
        return conclude(*relay, Problem::of("being-answered", "ask again with the same key"),
                        service);
    home.later(relay, RelayStep::look, between_looks);
    return std::nullopt;
}

std::optional<Answer> store(Relay &relay, Service &service, Database &database) {
    const auto question = std::optional(relay.question);
    const auto tried = relay.tried.empty() ? std::nullopt : std::optional(chain(relay));
    if (!relay.answer.empty()) {
        const auto metadata =
            relay.partial ? std::optional<std::string>(R"({"partial":true})") : std::nullopt;
        const auto rows = one(
            database, relay,
            {&statements::finish_answer,
             {relay.session, question, Parameter::bytes(relay.answer), relay.seat->name,
              relay.model, std::optional<std::int64_t>(relay.latency.count()), tried, metadata}});
        return answered(relay, answer_json(relay, rows), service);
    }
    auto error_class = relay.tried.empty() ? std::string() : relay.tried.back().error_class;
    if (error_class.empty()) error_class = service.relays->stopping() ? "stopped" : "timeout";
    one(database, relay,
        {&statements::fail_answer,
         {relay.session, question, relay.claim, relay.seat->name, error_class, tried}});
    auto problem = Problem::of("no-answer", "no model has answered: " + error_class);
    problem.details = "tried " + std::to_string(relay.tried.size()) + " of " +
                      std::to_string(relay.seat->backends.size()) + " backends of the seat " +
                      relay.seat->name + "; the question is stored and can be asked again";
    return conclude(relay, problem, service);
}

// An answer that has been paid for waits for the database a while.
std::optional<Answer> finish(const std::shared_ptr<Relay> &relay, Service &service,
                             Database &database) {
    try {
        return store(*relay, service, database);
    } catch (const Problem &problem) {
        const bool waits = problem.outage() && !service.relays->stopping() &&
                           Relay::Clock::now() < relay->ends_at + patience;
        if (!waits) throw;
        service.relays->later(relay, RelayStep::finish, between_stores);
        return std::nullopt;
    }
}

void keep(const Relay &relay, Database &database) {
    const Call call{&statements::keep_answer,
                    {relay.session, std::optional(relay.question), relay.claim}};
    database.attempt(relay.token, {&call, 1}, Repeat::safe);  // else the claim runs out, no more
}

}  // namespace

std::string stored_answer(const Relay &relay, std::int64_t number, Database &database) {
    return answer_json(
        relay,
        one(database, relay,
            {&statements::list_messages,
             {relay.session, std::optional(number - 1), std::optional(number + 1), "1", "false"}}));
}

void prepare_question(Relay &relay, const SeatSettings &settings, Database &database) {
    using Column = MessageColumn;
    const auto rows = one(database, relay,
                          {&statements::list_messages,
                           {relay.session, std::nullopt, std::optional(relay.question + 1),
                            std::to_string(settings.history_messages + 1), "true"}});
    // From the newest back, as long as there is room; what the system said is between us and the
    // person. The question itself goes whatever its size.
    std::size_t bytes = 0;
    int first = 0;
    for (int row = 1; row < rows.count(); ++row) {
        bytes += rows.text(row, Column::content).size();
        if (bytes > settings.history_bytes) break;
        first = row;
    }
    JsonWriter out(bytes + 4096);
    const auto write = [&](std::string_view role, std::string_view content) {
        out.begin_object().key("role").string(role).key("content").string(content).end_object();
    };
    out.begin_array();
    if (!relay.seat->prompt.empty()) {
        static constexpr std::string_view placeholder = "{construct}";
        auto prompt = relay.seat->prompt;
        for (auto at = prompt.find(placeholder); at != prompt.npos;
             at = prompt.find(placeholder, at + relay.construct_name.size()))
            prompt.replace(at, placeholder.size(), relay.construct_name);
        write("system", prompt);
    }
    for (int row = first; row >= 0; --row) {
        const auto role = rows.text(row, Column::role);
        const auto content = rows.text(row, Column::content);
        if (role != "system" && !content.empty()) write(role, content);
    }
    out.end_array();
    relay.messages = out.take();
}

std::optional<Answer> step_relay(const std::shared_ptr<Relay> &relay, RelayStep step,
                                 Service &service, Database &database) {
    try {
        switch (step) {
            case RelayStep::keep:
                keep(*relay, database);
                return std::nullopt;
            case RelayStep::look:
                return look(relay, service, database);
            case RelayStep::finish:
                return finish(relay, service, database);
        }
    } catch (const Problem &problem) {
        return conclude(*relay, problem, service);
    } catch (const std::exception &error) {
        log_event("error", "a relay failed", typeid(error).name());
        if (step == RelayStep::keep) return std::nullopt;
        return conclude(*relay, Problem::of("internal", "the gateway failed to answer"), service);
    }
    return std::nullopt;
}

}  // namespace gateway
