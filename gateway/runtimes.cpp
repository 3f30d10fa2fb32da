// /runtimes: what the tokens of the caller's programs reach.
#include "handlers.hpp"
#include "shapes.hpp"
#include "statements.hpp"

namespace gateway {

Reply list_runtimes(Exchange &exchange) {
    const auto rows = exchange.run({{&statements::list_runtimes, {}}}, Repeat::safe);
    JsonWriter out;
    out.begin_object().key("runtimes").begin_array();
    for (int row = 0; row < rows[0].count(); ++row) {
        out.begin_object();
        out.key("id").string(rows[0].text(row, 0));
        out.key("name").string(rows[0].text(row, 1));
        out.key("created_at").string_or_null(time_at(rows[0], row, 2));
        out.key("tokens").raw(rows[0].text(row, 3));
        out.key("constructs").raw(rows[0].text(row, 4));
        out.end_object();
    }
    out.end_array().end_object();
    return json_reply(200, out.take());
}

Reply post_runtime(Exchange &exchange) {
    const auto json = exchange.json();
    const auto name = json.string_at("name");
    if (!name) throw Problem::of("invalid-value", "\"name\" is missing");
    const Json *constructs = json.find("constructs");
    if (constructs && !constructs->is(Json::Kind::array))
        throw Problem::of("invalid-value", "\"constructs\" must be a list of texts");
    const auto rows = exchange.run({{&statements::create_runtime,
                                     {*name, constructs ? to_text(*constructs) : "[]",
                                      json.string_at("role").value_or("writer")}}},
                                   Repeat::never);
    JsonWriter out;
    out.begin_object();
    out.key("id").string(rows[0].text(0, 0));
    out.key("name").string(*name);
    out.end_object();
    return json_reply(201, out.take());
}

Reply delete_runtime(Exchange &exchange) {
    exchange.run({{&statements::end_runtime, {exchange.arguments[0]}}}, Repeat::safe);
    return empty_reply(204);
}

Reply put_runtime_construct(Exchange &exchange) {
    const auto json = exchange.request.body.empty() ? Json{} : exchange.json();
    const auto role = json.string_at("role").value_or("writer");
    exchange.run(
        {{&statements::add_to_runtime, {exchange.arguments[0], exchange.arguments[1], role}}},
        Repeat::safe);
    JsonWriter out;
    out.begin_object();
    out.key("runtime").string(exchange.arguments[0]);
    out.key("construct").string(exchange.arguments[1]);
    out.key("role").string(role);
    out.end_object();
    return json_reply(200, out.take());
}

Reply delete_runtime_construct(Exchange &exchange) {
    const auto rows = exchange.run(
        {{&statements::remove_from_runtime, {exchange.arguments[0], exchange.arguments[1]}}},
        Repeat::safe);
    if (!rows[0].truth(0, 0))
        throw Problem::of_sqlstate("P0002", "the construct is not in this runtime environment");
    return empty_reply(204);
}

}  // namespace gateway
