// /holds, and the destruction of what somebody has written: by construct, or all of it.
#include "confirm.hpp"
#include "handlers.hpp"
#include "shapes.hpp"
#include "statements.hpp"

namespace gateway {

namespace {

Reply destroyed(std::string_view keys) {
    JsonWriter out;
    out.begin_object().key("keys_destroyed").raw(keys).end_object();
    return json_reply(200, out.take());
}

}  // namespace

Reply list_holds(Exchange &exchange) {
    const auto rows = exchange.run({{&statements::list_holds, {}}}, Repeat::safe);
    JsonWriter out;
    out.begin_object().key("holds").begin_array();
    for (int row = 0; row < rows[0].count(); ++row) {
        out.begin_object();
        out.key("id").string(rows[0].text(row, 0));
        out.key("prefix").string(rows[0].text(row, 1));
        out.key("reason").string(rows[0].text(row, 2));
        out.key("placed_at").string_or_null(time_at(rows[0], row, 3));
        out.key("lifted_at").string_or_null(time_at(rows[0], row, 4));
        out.key("lift_reason").string_or_null(rows[0].maybe(row, 5));
        out.end_object();
    }
    out.end_array().end_object();
    return json_reply(200, out.take());
}

Reply shred_construct(Exchange &exchange) {
    require_confirmation(exchange.json(), exchange.arguments[0]);
    const auto rows =
        exchange.run({{&statements::shred_construct, {exchange.arguments[0]}}}, Repeat::never);
    return destroyed(rows[0].text(0, 0));
}

// The database takes no other name than the caller's own for it.
Reply shred_account(Exchange &exchange) {
    const auto name = exchange.json().string_at("confirm");
    if (!name)
        throw Problem::of("invalid-value",
                          "this cannot be undone: give your own e-mail address"
                          " as \"confirm\"");
    const auto rows = exchange.run({{&statements::shred_user, {*name}}}, Repeat::never);
    return destroyed(rows[0].text(0, 0));
}

}  // namespace gateway
