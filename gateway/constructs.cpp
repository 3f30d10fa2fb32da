// /constructs and who else may use them.
#include "handlers.hpp"
#include "shapes.hpp"
#include "statements.hpp"
#include "text.hpp"

namespace gateway {

Reply list_constructs(Exchange &exchange) {
    const auto rows = exchange.run({{&statements::list_constructs, {}}}, Repeat::safe);
    JsonWriter out;
    out.begin_object().key("constructs").begin_array();
    for (int row = 0; row < rows[0].count(); ++row) write_construct(out, rows[0], row);
    out.end_array().end_object();
    return json_reply(200, out.take());
}

Reply post_construct(Exchange &exchange) {
    const auto json = exchange.json();
    const auto name = json.string_at("name");
    if (!name) throw Problem::of("invalid-value", "\"name\" is missing");
    const auto rows = exchange.run(
        {{&statements::create_construct, {*name, json.string_at("title")}}}, Repeat::never);
    JsonWriter out;
    write_construct(out, rows[0], 0);
    return json_reply(201, out.take());
}

Reply list_grants(Exchange &exchange) {
    const auto rows =
        exchange.run({{&statements::list_grants, {exchange.arguments[0]}}}, Repeat::safe);
    JsonWriter out;
    out.begin_object().key("grants").begin_array();
    for (int row = 0; row < rows[0].count(); ++row) {
        out.begin_object();
        out.key("email").string(rows[0].text(row, 0));
        out.key("role").string(rows[0].text(row, 1));
        out.key("until").string_or_null(time_at(rows[0], row, 2));
        out.key("granted_at").string_or_null(time_at(rows[0], row, 3));
        out.end_object();
    }
    out.end_array().end_object();
    return json_reply(200, out.take());
}

Reply put_grant(Exchange &exchange) {
    const auto json = exchange.request.body.empty() ? Json{} : exchange.json();
    const auto role = json.string_at("role").value_or("reader");
    const auto until = json.string_at("until");
    exchange.run({{&statements::grant_construct,
                   {exchange.arguments[0], exchange.arguments[1], role, until}}},
                 Repeat::safe);
    JsonWriter out;
    out.begin_object();
    out.key("construct").string(exchange.arguments[0]);
    out.key("email").string(exchange.arguments[1]);
    out.key("role").string(role);
    out.key("until").string_or_null(until);
    out.end_object();
    return json_reply(200, out.take());
}

Reply delete_grant(Exchange &exchange) {
    const auto rows = exchange.run(
        {{&statements::revoke_construct, {exchange.arguments[0], exchange.arguments[1]}}},
        Repeat::safe);
    if (!rows[0].truth(0, 0))
        throw Problem::of_sqlstate("P0002", "there is no such grant to revoke");
    return empty_reply(204);
}

}  // namespace gateway
