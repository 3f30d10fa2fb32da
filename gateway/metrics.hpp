// Everything the gateway counts about itself. Each worker counts in a block of
// its own, so that nothing is shared while requests run; whoever asks adds them
// up. Labels come from the route table and from short lists here, never from a
// request, so their number is fixed at start.
#pragma once

#include <deque>
#include <string_view>
#include <vector>

#include "counter.hpp"

namespace gateway {

// What a bound of ours refused. `other` is never shown: it is no bound's doing.
enum class Bound { tokens, addresses, streams, connections, size, memory, time, waiting, other };
constexpr std::array<std::string_view, 8> bound_names = {
    "token", "address", "streams", "connections", "size", "memory", "time", "waiting"};

// One line of the route table, or requests that fit none.
struct RouteCounts {
    std::array<Counter, 5> statuses;  // 1xx to 5xx
    Histogram duration;
};

struct DatabaseCounts {
    Gauge connected;  // 1 or 0
    Counter connects;
    Counter connects_failed;
    Histogram round_trip;
};

struct alignas(64) WorkerCounts {
    explicit WorkerCounts(std::size_t routes) : by_route(routes + 1) {}

    std::vector<RouteCounts> by_route;  // the last is for requests without a route
    Histogram waited;                   // from complete request to a worker
    Counter received;                   // bytes of bodies
    Counter sent;                       // bytes of answers, headers too
    std::array<Counter, bound_names.size()> refused;
    Gauge busy;  // 1 or 0
    DatabaseCounts database;
};

// The front's own: one thread, but others read.
struct FrontCounts {
    Gauge open;
    Counter accepted;
    Counter evicted;    // silent connections that were closed for a newcomer
    Counter crowded;    // closed at once: their address has as many as it may have
    Counter held_back;  // times that accepting had to pause
    Gauge receiving;    // bytes of bodies that are not complete
    Gauge streams;      // event streams that are open
};

class Metrics {
public:
    explicit Metrics(std::size_t routes) : routes_(routes) {}

    // For a worker, before any thread runs. The block lives as long as this.
    WorkerCounts &add_worker() { return workers_.emplace_back(routes_); }
    const std::deque<WorkerCounts> &workers() const { return workers_; }

    FrontCounts front;

private:
    const std::size_t routes_;
    std::deque<WorkerCounts> workers_;
};

}  // namespace gateway
