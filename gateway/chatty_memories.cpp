// What a construct remembers of something, in the Chatty dialect: messages that hold the words,
// each with the one that it answers or is answered by.
#include <algorithm>
#include <set>

#include "chatty.hpp"
#include "handlers.hpp"
#include "names.hpp"
#include "statements.hpp"

namespace gateway {

namespace {

constexpr std::int64_t usual_limit = 10;
constexpr std::int64_t largest_limit = 50;

struct Pair {
    const Rows &rows;
    int question = -1;  // rows; -1 where there is none
    int answer = -1;
};

bool said_by(const Rows &rows, int row, std::string_view role) {
    return row >= 0 && row < rows.count() && rows.text(row, MessageColumn::role) == role;
}

// `rows` are the messages around the one that was found, in their order.
Pair pair_of(const Rows &rows, std::string_view found_seq) {
    int at = 0;
    while (rows.text(at, MessageColumn::seq) != found_seq) ++at;
    Pair pair{.rows = rows};
    if (said_by(rows, at, "assistant")) {
        pair.answer = at;
        if (said_by(rows, at - 1, "user")) pair.question = at - 1;
    } else {
        pair.question = at;
        if (said_by(rows, at + 1, "assistant")) pair.answer = at + 1;
    }
    return pair;
}

std::string_view content_at(const Rows &rows, int row) {
    return row < 0 ? std::string_view() : rows.text(row, MessageColumn::content);
}

void write_memory(JsonWriter &out, const Pair &pair) {
    const int said = pair.question >= 0 ? pair.question : pair.answer;
    out.begin_object();
    out.key("context").string(content_at(pair.rows, pair.question));
    out.key("response").string(content_at(pair.rows, pair.answer));
    out.key("timestamp").string(pair.rows.text(said, MessageColumn::timestamp));
    // All the words are in it, or it would not be here; the newest stands first.
    out.key("relevance").number(1);
    out.end_object();
}

std::vector<Call> surroundings(const Rows &found) {
    std::vector<Call> calls;
    for (int row = 0; row < found.count(); ++row) {
        if (found.is_null(row, MessageColumn::id)) continue;
        const auto seq = found.integer(row, MessageColumn::seq);
        calls.push_back({&statements::list_messages,
                         {std::string(found.text(row, MessageColumn::session_id)),
                          std::optional<std::int64_t>(seq - 2),
                          std::optional<std::int64_t>(seq + 2), std::nullopt, "false"}});
    }
    return calls;
}

}  // namespace

Reply chatty_memories(Exchange &exchange) {
    const auto &query = exchange.query;
    const auto words = query.text("query");
    auto construct = query.text("constructCallsign");
    if (!construct) construct = query.text("constructId");
    if (construct) construct = callsign(*construct);
    const auto limit =
        std::clamp(query.integer("limit").value_or(usual_limit), std::int64_t{1}, largest_limit);

    JsonWriter out;
    out.begin_object().key("ok").boolean(true).key("memories").begin_array();
    const auto found =
        words ? exchange.attempt({{&statements::search_messages,
                                   {*words, construct, std::to_string(limit), std::nullopt}}},
                                 Repeat::safe)
              : Outcome{};
    // Nothing was asked, or somebody is asked for who has said nothing yet.
    const bool nobody = found.failure && found.failure->sqlstate == "P0002";
    if (found.failure && !nobody) throw found.failure->problem();
    if (!found.rows.empty()) {
        const auto calls = surroundings(found.rows[0]);
        const auto around = exchange.database.run(exchange.token, calls, Repeat::safe);
        std::set<std::string_view> told;
        for (std::size_t at = 0; at < around.size(); ++at) {
            const auto pair =
                pair_of(around[at], found.rows[0].text(static_cast<int>(at), MessageColumn::seq));
            const int first = pair.question >= 0 ? pair.question : pair.answer;
            if (told.insert(around[at].text(first, MessageColumn::id)).second)
                write_memory(out, pair);
        }
    }
    out.end_array().end_object();
    return json_reply(200, out.take());
}

}  // namespace gateway
