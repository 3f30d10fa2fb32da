#include "worker.hpp"

#include "access_log.hpp"
#include "application.hpp"
#include "events.hpp"
#include "relay_steps.hpp"
#include "text.hpp"
#include "trace.hpp"
#include "transfers.hpp"

namespace gateway {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

// Who has waited this long for a worker has most likely given up.
constexpr auto longest_wait = std::chrono::seconds(10);

microseconds since(Clock::time_point moment) {
    return std::chrono::duration_cast<microseconds>(Clock::now() - moment);
}

// RFC 7240: the client names what it would like to have, among other things.
bool wants_timing(const Head &head) {
    for (const auto &[name, value] : head.fields) {
        if (name != "prefer") continue;
        std::string_view list = value;
        while (!list.empty()) {
            const auto comma = list.find(',');
            if (lower(trim(list.substr(0, comma))) == "server-timing") return true;
            if (comma == std::string_view::npos) break;
            list.remove_prefix(comma + 1);
        }
    }
    return false;
}

// All parts of an upload are one request, and so is a question with its answer.
std::string id_of(const Job &job) {
    if (job.relay) return job.relay->request_id;
    const auto &request = job.request;
    auto *upload = request.upload.get();
    if (!upload) return random_hex(12);
    if (upload->request_id.empty()) {
        upload->request_id = random_hex(12);
        upload->arrived = request.arrived;
    }
    return upload->request_id;
}

bool continues(const Request &request) {
    return request.upload && !request.upload->id.empty();
}

// One request, or one part of it, from the queue to its line in the log.
struct Turn {
    Service &service;
    WorkerCounts &counts;
    Database &database;
    const Job &job;
    const std::string request_id = id_of(job);
    const Trace trace = read_trace(job.request.head.field("traceparent"));
    const microseconds waited;

    Answer answer_job() const {
        if (job.refusal) return refusal(*job.refusal, job.request.head, service.config, request_id);
        if (waited > longest_wait && !continues(job.request))
            return refusal(Problem::of_sqlstate("53400", "too many requests are waiting"),
                           job.request.head, service.config, request_id);
        // A caller that records the trace wants to find it in the server's log too.
        database.begin_request(trace.sampled ? "vvault-gateway " + trace.id : std::string());
        return answer(job.request, service, database, request_id);
    }

    void add_timing(Reply &reply) const {
        if (!wants_timing(job.request.head)) return;
        reply.with("Preference-Applied", "server-timing")
            .with("Server-Timing", "queue;dur=" + milliseconds(waited) +
                                       ", database;dur=" + milliseconds(database.time_spent()) +
                                       ", total;dur=" + milliseconds(since(job.request.arrived)) +
                                       ", traceparent;desc=\"" + trace.parent() + "\"");
    }

    void count(const Answer &answered, const AccessLine &line) const {
        const auto routes = all_routes();
        const auto index = answered.route ? static_cast<std::size_t>(answered.route - routes.data())
                                          : routes.size();
        auto &route = counts.by_route.at(index);
        const auto status_class = static_cast<std::size_t>(line.status / 100 - 1);
        route.statuses.at(std::min(status_class, route.statuses.size() - 1)).add();
        route.duration.observe(line.duration);
        counts.waited.observe(waited);
        if (answered.bound != Bound::other)
            counts.refused.at(static_cast<std::size_t>(answered.bound)).add();
    }
};

// Of a body whose beginning is sent. Where there is no more of it, only the connection's end can
// say so.
Outgoing next_part(std::shared_ptr<Download> download, Database &database) {
    Outgoing part{.head = {}, .body = {}};
    try {
        part.body = read_on(*download, database);
        part.close = download->close && download->left == 0;
        if (download->left > 0) part.download = std::move(download);
    } catch (const Problem &problem) {
        log_event("warning", "a download ended early", problem.sqlstate);
        part.close = true;
    }
    return part;
}

// A model is asked: begun by the handler, it goes on with or without us. The request that is to
// have the answer goes with it; who reads along is answered now.
bool goes_with_relay(Service &service, Job &job, Answer &answered, const std::string &request_id) {
    auto relay = std::move(answered.reply.relay);
    if (!relay) return false;
    relay->request_id = request_id;
    relay->route = answered.route;
    const bool waits = !answered.reply.reading;
    if (waits) relay->waiting = std::make_unique<Job>(std::move(job));
    if (relay->question > 0)
        service.relays->ask(std::move(relay));
    else
        service.relays->later(std::move(relay), RelayStep::look, {});
    return waits;
}

}  // namespace

void work(Service &service, WorkerCounts &counts, JobQueue &jobs, CompletionQueue &completions) {
    Database database({.pooled = service.config.pooled}, &counts.database);
    HttpEngine engine;
    JobQueue::Seat seat;
    while (auto job = jobs.pop(seat)) {
        counts.busy.set(1);
        database.begin_request({});
        if (job->subscription) {
            Outgoing events{.head = {}, .body = read_on(*job->subscription, database)};
            events.subscription = std::move(job->subscription);
            completions.push(job->connection, std::move(events), true);
            counts.busy.set(0);
            continue;
        }
        if (job->download) {
            auto part = next_part(std::move(job->download), database);
            counts.sent.add(part.body.size());
            completions.push(job->connection, std::move(part), true);
            counts.busy.set(0);
            continue;
        }
        std::optional<Answer> of_relay;
        if (const auto relay = std::exchange(job->relay, nullptr)) {
            of_relay = step_relay(relay, job->step, service, database);
            if (!of_relay) {
                counts.busy.set(0);
                continue;
            }
            *job = std::move(*relay->waiting);
            job->relay = relay;  // for its name
        }
        // A question's time is a model's, and no queue's.
        const auto waited = of_relay ? microseconds{} : since(job->request.arrived);
        const Turn turn{.service = service,
                        .counts = counts,
                        .database = database,
                        .job = *job,
                        .waited = waited};
        Answer answered = of_relay ? std::move(*of_relay) : turn.answer_job();
        if (goes_with_relay(service, *job, answered, turn.request_id)) {
            counts.busy.set(0);
            continue;
        }
        counts.received.add(job->request.body.size());
        auto *const upload = job->request.upload.get();
        if (upload) upload->in_database += database.time_spent();
        if (answered.reply.more) {
            Outgoing outgoing{.head = {}, .body = {}};
            outgoing.more = true;
            completions.push(job->connection, std::move(outgoing), true);
            counts.busy.set(0);
            continue;
        }
        turn.add_timing(answered.reply);
        AccessLine line{};
        line.status = answered.reply.status;
        const auto sqlstate = answered.reply.sqlstate;
        const auto length = answered.reply.length.value_or(answered.reply.body.size());
        auto outgoing = engine.process(job->request.head, turn.request_id, job->close,
                                       [&] { return std::move(answered.reply); });
        line.request_id = turn.request_id;
        line.trace_id = turn.trace.id;
        line.method = "-";
        if (!job->request.head.method.empty()) line.method = job->request.head.method;
        line.route = answered.route ? answered.route->pattern : "-";
        line.sqlstate = sqlstate;
        line.bytes = outgoing.body.empty() ? 0 : length;
        line.duration = since(upload ? upload->arrived : job->request.arrived);
        line.waited = turn.waited;
        line.database = upload ? upload->in_database : database.time_spent();
        turn.count(answered, line);
        counts.sent.add(outgoing.head.size() + outgoing.body.size());

        // Most answers fit into the socket at once; the front need not wake first. Whether a
        // stream may be opened the front decides.
        const bool goes_on = outgoing.subscription || outgoing.reading;
        if (!goes_on && !send_some(job->socket, outgoing)) outgoing.close = true;
        const bool urgent =
            job->eager || outgoing.close || goes_on || outgoing.download || outgoing.left() > 0;
        if (!urgent) outgoing = {};  // the front may be slow to take it, and needs nothing of it
        completions.push(job->connection, std::move(outgoing), urgent);
        counts.busy.set(0);
        log_access(line);
    }
}

}  // namespace gateway
