// From a checked request to a reply, whatever happens: route, identity, handler,
// and the problem if one of them fails. Never throws.
#pragma once

#include <string>
#include <string_view>

#include "config.hpp"
#include "database.hpp"
#include "reply.hpp"
#include "request.hpp"

namespace gateway {

struct Answer {
    Reply reply;
    std::string_view route = "-";  // the pattern, for the log
};

Answer answer(const Request &request, const Config &config, Database &database,
              std::string_view request_id);

// For a request that framing has refused, or for which there was no time.
Answer refusal(const Problem &problem, const Head &head, const Config &config,
               std::string_view request_id);

}  // namespace gateway
