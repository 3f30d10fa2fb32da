// One JSON line a request, and one for each event an operator must know, on
// standard output. Never what a person wrote, named or was given: no bodies,
// query strings, ids, tokens or paths; the route is logged as its template.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace gateway {

struct AccessLine {
    std::string_view request_id;
    std::string_view method;
    std::string_view route;  // "/conversations/:id/messages", or "-" where none matched
    int status;
    std::chrono::microseconds duration;  // from the complete request
    std::chrono::microseconds waited;    // of it, for a worker
    std::chrono::microseconds database;  // of it, for the database
    std::string_view trace_id;
    std::size_t bytes;
    std::string_view sqlstate;
};

// "12.34", as a number of JSON and of Server-Timing.
std::string milliseconds(std::chrono::microseconds duration);

void log_access(const AccessLine &line);

// `detail` is for texts that libpq or the system made about our own doings.
void log_event(std::string_view level, std::string_view event, std::string_view detail = {});

}  // namespace gateway
