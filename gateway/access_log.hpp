// One JSON line a request, and one for each event an operator must know, on
// standard output. Never what a person wrote, named or was given: no bodies,
// query strings, ids, tokens or paths; the route is logged as its template.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

namespace gateway {

struct AccessLine {
    std::string_view request_id;
    std::string_view method;
    std::string_view route;  // "/conversations/:id/messages", or "-" where none matched
    int status;
    std::chrono::microseconds duration;
    std::size_t bytes;
    std::string_view sqlstate;
};

void log_access(const AccessLine &line);

// `detail` is for texts that libpq or the system made about our own doings.
void log_event(std::string_view level, std::string_view event, std::string_view detail = {});

}  // namespace gateway
