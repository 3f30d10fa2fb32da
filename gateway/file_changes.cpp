// What becomes of files besides new versions: brought back, compared, removed and destroyed.
#include "confirm.hpp"
#include "handlers.hpp"
#include "json_writer.hpp"
#include "statements.hpp"

namespace gateway {

namespace {

Reply count_reply(const Exchange &exchange, std::string_view name, std::string_view count) {
    JsonWriter out;
    out.begin_object().key("path").string(exchange.arguments[0]);
    out.key(name).raw(count).end_object();
    return json_reply(200, out.take());
}

Reply undelete(Exchange &exchange) {
    const auto rows =
        exchange.run({{&statements::undelete_file, {exchange.arguments[0]}}}, Repeat::safe);
    const auto version = rows[0].text(0, 0);
    return count_reply(exchange, "version", version)
        .with("ETag", "\"" + std::string(version) + "\"");
}

Reply purge(Exchange &exchange) {
    const auto rows = exchange.run(
        {{&statements::purge_file, {exchange.arguments[0], exchange.query.integer("purge")}}},
        Repeat::never);
    return count_reply(exchange, "purged", rows[0].text(0, 0));
}

Reply shred(Exchange &exchange) {
    require_confirmation(exchange.json(), exchange.arguments[0]);
    const auto rows =
        exchange.run({{&statements::shred_file, {exchange.arguments[0]}}}, Repeat::never);
    return count_reply(exchange, "keys_destroyed", rows[0].text(0, 0));
}

}  // namespace

Reply change_file(Exchange &exchange) {
    using Change = std::pair<const char *, Handler>;
    static constexpr Change changes[] = {
        {"restore", restore_file}, {"undelete", undelete}, {"purge", purge}, {"shred", shred}};
    Handler wanted = nullptr;
    for (const auto &[name, handler] : changes)
        if (exchange.query.has(name)) {
            if (wanted) throw Problem::of("bad-request", "ask for one change at a time");
            wanted = handler;
        }
    if (!wanted)
        throw Problem::of("bad-request",
                          "say what is to become of it: ?restore=N, ?undelete,"
                          " ?purge, ?purge=N or ?shred");
    return wanted(exchange);
}

Reply get_diff(Exchange &exchange) {
    const auto from = exchange.query.integer("from");
    if (!from) throw Problem::of("bad-request", "say what to compare: ?from=VERSION, &to=VERSION");
    const auto rows = exchange.run(
        {{&statements::diff_file, {exchange.arguments[0], from, exchange.query.integer("to")}}},
        Repeat::safe);
    return {.status = 200,
            .content_type = "text/x-diff; charset=utf-8",
            .body = std::string(rows[0].text(0, 0))};
}

Reply post_files(Exchange &exchange) {
    const auto json = exchange.json();
    const auto prefix = json.string_at("prefix");
    const auto as_of = json.string_at("as_of");
    if (!prefix || !as_of)
        throw Problem::of("invalid-value",
                          "\"prefix\" and \"as_of\" say what to restore, and to when");
    const auto rows = exchange.run({{&statements::restore_tree, {*prefix, *as_of}}}, Repeat::safe);
    JsonWriter out;
    out.begin_object().key("files").begin_array();
    for (int row = 0; row < rows[0].count(); ++row) {
        out.begin_object();
        out.key("path").string(rows[0].text(row, 0));
        out.key("version").raw(rows[0].text(row, 1));
        out.key("action").string(rows[0].text(row, 2));
        out.end_object();
    }
    out.end_array().end_object();
    return json_reply(200, out.take());
}

}  // namespace gateway
