#include "application.hpp"

#include "access_log.hpp"
#include "caller.hpp"
#include "chatty.hpp"
#include "cors.hpp"
#include "credentials.hpp"
#include "names.hpp"
#include "text.hpp"
#include "transfers.hpp"

namespace gateway {

namespace {

Dialect dialect_of(std::string_view path) {
    return path.starts_with("/api/") || path == "/api" || path == "/health" ? Dialect::chatty
                                                                            : Dialect::standard;
}

Bound bound_of(const Problem &problem) {
    if (problem.slug == "too-many-requests") return Bound::tokens;
    if (problem.slug == "too-many-failures") return Bound::addresses;
    if (problem.slug == "too-many-streams") return Bound::streams;
    if (problem.slug == "too-many-connections") return Bound::connections;
    if (problem.status == 413 || problem.status == 414 || problem.status == 431) return Bound::size;
    if (problem.status == 408) return Bound::time;
    if (problem.sqlstate == "53200") return Bound::memory;
    if (problem.sqlstate == "53400") return Bound::waiting;
    return Bound::other;
}

void check_ids(const Match &match) {
    if (match.route->pattern.find(":id") == std::string_view::npos) return;
    if (character_count(match.arguments[0]) > maximum_id_characters)
        throw Problem::of("invalid-value", "an id has at most 200 characters");
}

// What is open to everybody and writes is a way of signing in.
bool proves_identity(const Route &route) {
    return route.access == Access::open && route.method != "GET";
}

Reply routed(const Request &request, Service &service, Database &database, const Route *&route,
             Limits::Turn &turn) {
    const auto &head = request.head;
    auto match = match_route(head.method, path_segments(head.target));
    if (match.methods.empty()) throw Problem::of("no-route", "there is no such route");
    if (head.method == "OPTIONS") return options_reply(match.methods + ", OPTIONS");
    if (!match.route) {
        auto problem = Problem::of("method-not-allowed", "the route knows " + match.methods);
        problem.allow = match.methods;
        throw problem;
    }
    if (request.at_metrics_door && match.route->access != Access::open)
        throw Problem::of("no-route", "there is no such route");
    route = match.route;
    std::string token;
    if (route->access == Access::token) {
        token = required_token(head, service.config);
        // A large file is one request, however many parts it has.
        if (!request.upload || request.upload->id.empty()) service.limits.admit_token(token, turn);
    } else if (proves_identity(*route)) {
        service.limits.admit_proof(turn);
    }
    check_ids(match);
    Exchange exchange{.request = request,
                      .config = service.config,
                      .service = service,
                      .database = database,
                      .query = Query(head.target),
                      .arguments = std::move(match.arguments),
                      .token = std::move(token)};
    if (route->dialect == Dialect::chatty && route->access == Access::token)
        chatty::require_named_person(exchange);
    auto reply = match.route->handler(exchange);
    // It got this far, so the database has accepted the token.
    if (!exchange.token.empty()) service.uses.note(exchange.token);
    return reply;
}

Answer decided(const Request &request, Service &service, Database &database,
               std::string_view request_id, Limits::Turn &turn) {
    const Route *route = nullptr;
    const auto failed = [&](const Problem &problem) {
        auto refused = refusal(problem, request.head, service.config, request_id);
        refused.route = route;
        return refused;
    };
    try {
        Answer good{.reply = routed(request, service, database, route, turn)};
        good.route = route;
        allow_origin(good.reply, request.head, service.config);
        return good;
    } catch (const Problem &problem) {
        return failed(problem);
    } catch (const std::bad_alloc &) {
        return failed(Problem::of("too-large", "there is not enough memory for this request"));
    } catch (const std::exception &error) {
        // The text may quote the request, so its type is all that is told.
        log_event("error", "a handler failed", typeid(error).name());
        return failed(Problem::of("internal", "the gateway failed to answer"));
    }
}

}  // namespace

Answer refusal(const Problem &problem, const Head &head, const Config &config,
               std::string_view request_id) {
    Answer refused{.reply = problem_reply(problem, {.dialect = dialect_of(head.path()),
                                                    .method = head.method,
                                                    .request_id = request_id,
                                                    .get_outage_status = config.get_outage_status}),
                   .bound = bound_of(problem)};
    allow_origin(refused.reply, head, config);
    return refused;
}

Answer answer(const Request &request, Service &service, Database &database,
              std::string_view request_id) {
    Limits::Turn turn{.caller = caller_of(request.peer, request.head, service.config)};
    auto answered = decided(request, service, database, request_id, turn);
    service.limits.settle(turn, answered.reply.status);
    service.limits.describe(turn, answered.reply);
    return answered;
}

}  // namespace gateway
