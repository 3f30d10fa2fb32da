// What a handler is given: the request taken apart as far as every handler needs
// it, the caller's token, and the database to call with it.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "config.hpp"
#include "database.hpp"
#include "json.hpp"
#include "reply.hpp"
#include "request.hpp"
#include "service.hpp"

namespace gateway {

struct Exchange {
    const Request &request;
    const Config &config;
    Service &service;
    Database &database;
    Query query;
    std::vector<std::string> arguments;  // what the route's placeholders stand for, in order
    std::string token;                   // empty on an open route

    Json json() const { return parse_json_object(request.body); }

    std::vector<Rows> run(std::initializer_list<Call> calls, Repeat repeat) {
        return database.run(token, calls, repeat);
    }
    Outcome attempt(std::initializer_list<Call> calls, Repeat repeat) {
        return database.attempt(token, calls, repeat);
    }
};

using Handler = Reply (*)(Exchange &);

}  // namespace gateway
