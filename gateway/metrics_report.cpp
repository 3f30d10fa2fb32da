// GET /metrics: adds up what the workers counted and puts it into Prometheus'
// words. Also who may read it.
#include <functional>

#include "exposition.hpp"
#include "handlers.hpp"
#include "process_figures.hpp"
#include "queues.hpp"
#include "routes.hpp"
#include "service.hpp"

namespace gateway {

namespace {

constexpr std::array<std::string_view, 5> classes = {"1xx", "2xx", "3xx", "4xx", "5xx"};

// Through a proxy the peer is the proxy, so that all the world would be loopback.
bool came_directly(const Head &head) {
    for (const auto name : {"forwarded", "x-forwarded-for", "x-real-ip", "via"})
        if (head.has_field(name)) return false;
    return true;
}

void check_reader(const Exchange &exchange) {
    using Reader = Config::MetricsReader;
    const auto &request = exchange.request;
    const auto reader = exchange.config.metrics_reader;
    const bool allowed =
        reader == Reader::anyone || request.at_metrics_door ||
        (reader == Reader::loopback && request.peer.loopback() && came_directly(request.head));
    if (!allowed) throw Problem::of("no-route", "there is no such route");
}

using Sum = std::function<std::uint64_t(const WorkerCounts &)>;

std::int64_t total(const Metrics &metrics, const Sum &part) {
    std::uint64_t sum = 0;
    for (const auto &worker : metrics.workers()) sum += part(worker);
    return static_cast<std::int64_t>(sum);
}

std::vector<const Histogram *> histograms(
    const Metrics &metrics, const std::function<const Histogram &(const WorkerCounts &)> &part) {
    std::vector<const Histogram *> found;
    for (const auto &worker : metrics.workers()) found.push_back(&part(worker));
    return found;
}

// A route nobody has asked for is left out: sixty of them at fourteen buckets.
template <class Visit>
void each_route(const Metrics &metrics, Visit visit) {
    const auto routes = all_routes();
    for (std::size_t i = 0; i <= routes.size(); ++i) {
        const auto asked = total(metrics, [i](const WorkerCounts &worker) {
            std::uint64_t sum = 0;
            for (const auto &status : worker.by_route.at(i).statuses) sum += status.value();
            return sum;
        });
        if (asked == 0) continue;
        if (i < routes.size())
            visit(i, routes[i].method, routes[i].pattern);
        else
            visit(i, std::string_view("-"), std::string_view("-"));
    }
}

void tell_requests(Exposition &out, const Metrics &metrics) {
    out.family("vvault_http_requests_total", "counter",
               "Requests answered, by route template, method and class of status.");
    each_route(metrics, [&](std::size_t i, auto method, auto route) {
        for (std::size_t status = 0; status < classes.size(); ++status) {
            const auto count = total(metrics, [&](const WorkerCounts &worker) {
                return worker.by_route.at(i).statuses.at(status).value();
            });
            if (count > 0)
                out.sample({{"method", method}, {"route", route}, {"status", classes.at(status)}},
                           count);
        }
    });
    out.family("vvault_http_request_duration_seconds", "histogram",
               "From the complete request to its answer, by route template and method.");
    each_route(metrics, [&](std::size_t i, auto method, auto route) {
        out.histogram({{"method", method}, {"route", route}},
                      histograms(metrics, [i](const WorkerCounts &worker) -> const Histogram & {
                          return worker.by_route.at(i).duration;
                      }));
    });
    out.family("vvault_http_received_bytes_total", "counter", "Bytes of request bodies.");
    out.sample({}, total(metrics, [](const auto &worker) { return worker.received.value(); }));
    out.family("vvault_http_sent_bytes_total", "counter", "Bytes of answers, headers included.");
    out.sample({}, total(metrics, [](const auto &worker) { return worker.sent.value(); }));
    out.family("vvault_http_refused_total", "counter",
               "Requests refused by a bound: of a token, an address or streams (429), of size, "
               "memory, time, or because too many waited.");
    for (std::size_t bound = 0; bound < bound_names.size(); ++bound)
        out.sample({{"bound", bound_names.at(bound)}}, total(metrics, [bound](const auto &worker) {
                       return worker.refused.at(bound).value();
                   }));
}

void tell_work(Exposition &out, const Metrics &metrics, std::size_t waiting) {
    const auto busy = total(metrics, [](const auto &worker) {
        return static_cast<std::uint64_t>(worker.busy.value());
    });
    out.family("vvault_http_requests_in_flight", "gauge",
               "Complete requests that wait or are at work.");
    out.sample({}, busy + static_cast<std::int64_t>(waiting));
    out.family("vvault_queue_depth", "gauge", "Complete requests that wait for a worker.");
    out.sample({}, static_cast<std::int64_t>(waiting));
    out.family("vvault_queue_wait_seconds", "histogram", "How long requests waited for a worker.");
    out.histogram({}, histograms(metrics, [](const WorkerCounts &worker) -> const Histogram & {
                      return worker.waited;
                  }));
    out.family("vvault_workers", "gauge", "Workers, each with a database connection of its own.");
    out.sample({}, static_cast<std::int64_t>(metrics.workers().size()));
    out.family("vvault_workers_busy", "gauge", "Workers that have a request.");
    out.sample({}, busy);
}

void tell_connections(Exposition &out, const Metrics &metrics) {
    const auto &front = metrics.front;
    out.family("vvault_connections_open", "gauge", "Client connections that are open.");
    out.sample({}, front.open.value());
    out.family("vvault_connections_accepted_total", "counter", "Client connections accepted.");
    out.sample({}, static_cast<std::int64_t>(front.accepted.value()));
    out.family("vvault_connections_evicted_total", "counter",
               "Silent connections closed to make room for a new one.");
    out.sample({}, static_cast<std::int64_t>(front.evicted.value()));
    out.family("vvault_connections_crowded_total", "counter",
               "Connections closed at once, since their address had too many.");
    out.sample({}, static_cast<std::int64_t>(front.crowded.value()));
    out.family("vvault_connections_held_back_total", "counter",
               "Times that new connections had to wait in the kernel.");
    out.sample({}, static_cast<std::int64_t>(front.held_back.value()));
    out.family("vvault_bodies_in_memory_bytes", "gauge", "Bytes of request bodies held.");
    out.sample({}, front.receiving.value());
    out.family("vvault_streams_open", "gauge", "Event streams that are open.");
    out.sample({}, front.streams.value());
}

void tell_database(Exposition &out, const Metrics &metrics) {
    out.family("vvault_database_connections", "gauge", "Workers' connections that are up.");
    out.sample({}, total(metrics, [](const auto &worker) {
                   return static_cast<std::uint64_t>(worker.database.connected.value());
               }));
    out.family("vvault_database_connects_total", "counter",
               "Connections made to the database, by outcome.");
    out.sample({{"outcome", "made"}},
               total(metrics, [](const auto &worker) { return worker.database.connects.value(); }));
    out.sample({{"outcome", "failed"}}, total(metrics, [](const auto &worker) {
                   return worker.database.connects_failed.value();
               }));
    out.family("vvault_database_round_trip_seconds", "histogram",
               "One round trip to the database, which is one transaction.");
    out.histogram({}, histograms(metrics, [](const WorkerCounts &worker) -> const Histogram & {
                      return worker.database.round_trip;
                  }));
}

}  // namespace

Reply get_metrics(Exchange &exchange) {
    check_reader(exchange);
    auto &service = exchange.service;
    Exposition out;
    tell_requests(out, service.metrics);
    tell_work(out, service.metrics, service.jobs.depth());
    tell_connections(out, service.metrics);
    tell_database(out, service.metrics);
    for (const auto &[name, help, value] : service.ledger.figures()) {
        out.family("vvault_" + name, "gauge", help);
        out.sample({}, value);
    }
    if (service.relays) service.relays->counts.tell(out);
    tell_process(out);
    return Reply{.content_type = std::string(Exposition::content_type), .body = out.take()};
}

}  // namespace gateway
