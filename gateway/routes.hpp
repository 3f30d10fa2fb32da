// The route table and how a request finds its line in it. A pattern is split at
// its slashes: ":name" stands for one segment, "*name" for all that follow.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exchange.hpp"
#include "problem.hpp"

namespace gateway {

enum class Access { token, open };

struct Route {
    std::string_view method;
    std::string_view pattern;
    Handler handler;
    Dialect dialect = Dialect::standard;
    Access access = Access::token;
};

struct Match {
    const Route *route = nullptr;        // null: no such path, or not with this method
    std::vector<std::string> arguments;  // decoded
    std::string methods;                 // what the path does know; empty: no such path
};

std::span<const Route> all_routes();

// HEAD is answered by the route of GET.
Match match_route(std::string_view method, const std::vector<std::string> &segments);

}  // namespace gateway
