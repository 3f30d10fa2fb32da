// /groups: people to whom the caller grants constructs at once.
#include "handlers.hpp"
#include "shapes.hpp"
#include "statements.hpp"

namespace gateway {

Reply list_groups(Exchange &exchange) {
    const auto rows = exchange.run({{&statements::list_groups, {}}}, Repeat::safe);
    JsonWriter out;
    out.begin_object().key("groups").begin_array();
    for (int row = 0; row < rows[0].count(); ++row) {
        out.begin_object();
        out.key("id").string(rows[0].text(row, 0));
        out.key("name").string(rows[0].text(row, 1));
        out.key("created_at").string_or_null(time_at(rows[0], row, 2));
        out.key("members").raw(rows[0].text(row, 3));
        out.key("constructs").raw(rows[0].text(row, 4));
        out.end_object();
    }
    out.end_array().end_object();
    return json_reply(200, out.take());
}

Reply post_group(Exchange &exchange) {
    const auto json = exchange.json();
    const auto name = json.string_at("name");
    if (!name) throw Problem::of("invalid-value", "\"name\" is missing");
    const auto rows = exchange.run({{&statements::create_group, {*name}}}, Repeat::never);
    JsonWriter out;
    out.begin_object();
    out.key("id").string(rows[0].text(0, 0));
    out.key("name").string(*name);
    out.end_object();
    return json_reply(201, out.take());
}

Reply delete_group(Exchange &exchange) {
    exchange.run({{&statements::drop_group, {exchange.arguments[0]}}}, Repeat::never);
    return empty_reply(204);
}

Reply put_member(Exchange &exchange) {
    const auto json = exchange.request.body.empty() ? Json{} : exchange.json();
    const auto until = json.string_at("until");
    exchange.run({{&statements::add_member, {exchange.arguments[0], exchange.arguments[1], until}}},
                 Repeat::safe);
    JsonWriter out;
    out.begin_object();
    out.key("group").string(exchange.arguments[0]);
    out.key("email").string(exchange.arguments[1]);
    out.key("until").string_or_null(until);
    out.end_object();
    return json_reply(200, out.take());
}

Reply delete_member(Exchange &exchange) {
    const auto rows =
        exchange.run({{&statements::remove_member, {exchange.arguments[0], exchange.arguments[1]}}},
                     Repeat::safe);
    if (!rows[0].truth(0, 0))
        throw Problem::of_sqlstate("P0002", "there is no such person in this group");
    return empty_reply(204);
}

Reply put_group_construct(Exchange &exchange) {
    const auto json = exchange.request.body.empty() ? Json{} : exchange.json();
    const auto role = json.string_at("role").value_or("reader");
    const auto until = json.string_at("until");
    exchange.run(
        {{&statements::grant_group, {exchange.arguments[1], exchange.arguments[0], role, until}}},
        Repeat::safe);
    JsonWriter out;
    out.begin_object();
    out.key("group").string(exchange.arguments[0]);
    out.key("construct").string(exchange.arguments[1]);
    out.key("role").string(role);
    out.key("until").string_or_null(until);
    out.end_object();
    return json_reply(200, out.take());
}

Reply delete_group_construct(Exchange &exchange) {
    const auto rows =
        exchange.run({{&statements::revoke_group, {exchange.arguments[1], exchange.arguments[0]}}},
                     Repeat::safe);
    if (!rows[0].truth(0, 0))
        throw Problem::of_sqlstate("P0002", "there is no such grant to revoke");
    return empty_reply(204);
}

}  // namespace gateway
