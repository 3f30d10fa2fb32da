#include "application.hpp"

#include "access_log.hpp"
#include "credentials.hpp"
#include "names.hpp"
#include "routes.hpp"
#include "text.hpp"

namespace gateway {

namespace {

Dialect dialect_of(std::string_view path) {
    return path.starts_with("/api/") || path == "/api" || path == "/health" ? Dialect::chatty
                                                                            : Dialect::standard;
}

void check_ids(const Match &match) {
    if (match.route->pattern.find(":id") == std::string_view::npos) return;
    if (character_count(match.arguments[0]) > maximum_id_characters)
        throw Problem::of("invalid-value", "an id has at most 200 characters");
}

Reply routed(const Request &request, const Config &config, Database &database,
             std::string_view &route) {
    const auto &head = request.head;
    auto match = match_route(head.method, path_segments(head.target));
    if (match.methods.empty()) throw Problem::of("no-route", "there is no such route");
    if (head.method == "OPTIONS") return options_reply(match.methods + ", OPTIONS");
    if (!match.route) {
        auto problem = Problem::of("method-not-allowed", "the route knows " + match.methods);
        problem.allow = match.methods;
        throw problem;
    }
    route = match.route->pattern;
    std::string token;
    if (match.route->access == Access::token) token = required_token(head, config);
    check_ids(match);
    Exchange exchange{.request = request,
                      .config = config,
                      .database = database,
                      .query = Query(head.target),
                      .arguments = std::move(match.arguments),
                      .token = std::move(token)};
    return match.route->handler(exchange);
}

}  // namespace

Answer refusal(const Problem &problem, const Head &head, const Config &config,
               std::string_view request_id) {
    Answer refused{.reply =
                       problem_reply(problem, {.dialect = dialect_of(head.path()),
                                               .method = head.method,
                                               .request_id = request_id,
                                               .get_outage_status = config.get_outage_status})};
    allow_origin(refused.reply, head, config);
    return refused;
}

Answer answer(const Request &request, const Config &config, Database &database,
              std::string_view request_id) {
    std::string_view route = "-";
    const auto failed = [&](const Problem &problem) {
        auto refused = refusal(problem, request.head, config, request_id);
        refused.route = route;
        return refused;
    };
    try {
        Answer good{.reply = routed(request, config, database, route)};
        good.route = route;
        allow_origin(good.reply, request.head, config);
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

}  // namespace gateway
