#include "chatty.hpp"
#include "statements.hpp"
#include "text.hpp"

namespace gateway::chatty {

namespace {

bool by_service_token(const Head &head) {
    return !head.has_field("authorization") &&
           (head.has_field("x-service-token") || head.has_field("x-chatty-key"));
}

}  // namespace

void require_named_person(Exchange &exchange) {
    const auto &head = exchange.request.head;
    const auto named = trim(head.field("x-chatty-user"));
    if (named.empty()) {
        if (by_service_token(head))
            throw Problem::of("bad-request", "a service token needs X-Chatty-User");
        return;
    }
    const auto rows = exchange.run({{&statements::whoami, {}}}, Repeat::safe);
    const auto me = parse_json(rows[0].text(0, 0));
    for (const auto name : {"user_id", "email"})
        if (const auto known = me.string_if(name); known && lower(*known) == lower(named)) return;
    throw Problem::of_sqlstate("42501", "the token acts for its own person, not for another");
}

}  // namespace gateway::chatty
