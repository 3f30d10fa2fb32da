// /messages/search: words in messages, a bounded time at once.
#include "handlers.hpp"
#include "shapes.hpp"
#include "statements.hpp"

namespace gateway {

namespace {

// Behind the columns of a message.
enum Column : int { cursor = static_cast<int>(MessageColumn::user_id) + 1, searched };

}  // namespace

Reply search_messages(Exchange &exchange) {
    const auto &query = exchange.query;
    const auto words = query.text("q");
    if (!words) throw Problem::of("bad-request", "say what to search for: ?q=WORDS");
    const auto rows = exchange.run(
        {{&statements::search_messages,
          {*words, query.text("construct"), std::to_string(query.integer("limit").value_or(20)),
           query.text("cursor")}}},
        Repeat::safe);
    const auto &found = rows[0];
    JsonWriter out;
    out.begin_object().key("messages").begin_array();
    // The last row may be no message and only say how far the search has come.
    for (int row = 0; row < found.count(); ++row)
        if (!found.is_null(row, MessageColumn::id)) write_message(out, found, row);
    const int last = found.count() - 1;
    out.end_array();
    out.key("searched").raw(found.text(last, Column::searched));
    out.key("next").string_or_null(found.maybe(last, Column::cursor));
    out.end_object();
    return json_reply(200, out.take());
}

}  // namespace gateway
