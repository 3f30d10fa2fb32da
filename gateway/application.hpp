// From a checked request to a reply, whatever happens: route, limits, identity,
// handler, and the problem if one of them fails. Never throws.
#pragma once

#include <string_view>

#include "database.hpp"
#include "reply.hpp"
#include "request.hpp"
#include "routes.hpp"
#include "service.hpp"

namespace gateway {

struct Answer {
    Reply reply;
    const Route *route = nullptr;  // null: none was found
    Bound bound = Bound::other;    // what refused it, if a bound did
};

Answer answer(const Request &request, Service &service, Database &database,
              std::string_view request_id);

// For a request that framing has refused, or for which there was no time.
Answer refusal(const Problem &problem, const Head &head, const Config &config,
               std::string_view request_id);

}  // namespace gateway
