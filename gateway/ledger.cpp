// /ledger: checkpoints, entries, proofs and tiles as the database gives them. What was asked
// for by size or width never changes.
#include "handlers.hpp"
#include "shapes.hpp"
#include "statements.hpp"
#include "text.hpp"

namespace gateway {

namespace {

Reply plain_text(std::string body) {
    return {.status = 200, .content_type = "text/plain; charset=utf-8", .body = std::move(body)};
}

Changes changes_unless(bool named) {
    return named ? Changes::never : Changes::sometimes;
}

// The second line of a checkpoint is its size, which names it.
std::string size_of(std::string_view note) {
    const auto from = note.find('\n') + 1;
    return std::string(note.substr(from, note.find('\n', from) - from));
}

void write_entry(JsonWriter &out, const Rows &rows, int row) {
    out.begin_object();
    out.key("position").raw_or_null(rows.maybe(row, 0));
    out.key("id").string(rows.text(row, 1));
    out.key("user_id").string(rows.text(row, 2));
    out.key("stream_id").string(rows.text(row, 3));
    out.key("stream_seq").raw(rows.text(row, 4));
    out.key("previous_leaf").string_or_null(rows.maybe(row, 5));
    out.key("event_type").string(rows.text(row, 6));
    out.key("timestamp_us").raw(rows.text(row, 7));
    out.key("actor").string(rows.text(row, 8));
    out.key("xid").string(rows.text(row, 9));
    out.key("payload_commitment").string_or_null(rows.maybe(row, 10));
    out.key("content_commitment").string_or_null(rows.maybe(row, 11));
    out.key("leaf_hash").string(rows.text(row, 12));
    out.key("salt").string_or_null(rows.maybe(row, 13));
    out.key("payload").string_or_null(rows.maybe(row, 14));
    out.end_object();
}

std::int64_t needed(const Query &query, std::string_view name) {
    const auto number = query.integer(name);
    if (!number) throw Problem::of("bad-request", "\"" + std::string(name) + "\" is missing");
    return *number;
}

std::string needed_entry(const Query &query) {
    auto entry = query.text("entry");
    if (!entry) throw Problem::of("bad-request", "\"entry\" is missing");
    return *std::move(entry);
}

}  // namespace

Reply get_ledger_checkpoint(Exchange &exchange) {
    const auto size = exchange.query.integer("size");
    const auto rows = exchange.run({{&statements::ledger_checkpoint, {size}}}, Repeat::safe);
    const auto note = rows[0].text(0, 0);
    return with_etag(plain_text(std::string(note)), "\"" + size_of(note) + "\"",
                     exchange.request.head.field("if-none-match"),
                     changes_unless(size.has_value()));
}

Reply get_ledger_key(Exchange &exchange) {
    const auto rows = exchange.run({{&statements::ledger_keys, {}}}, Repeat::safe);
    std::string keys;
    for (int row = 0; row < rows[0].count(); ++row)
        keys += std::string(rows[0].text(row, 0)) + "\n";
    return with_caching(plain_text(std::move(keys)), Changes::sometimes);
}

Reply list_ledger_entries(Exchange &exchange) {
    const auto &query = exchange.query;
    const auto rows =
        exchange.run({{&statements::ledger_entries_for,
                       {query.text("file"), query.text("session"), query.text("construct"),
                        query.integer("after"), query.integer("limit")}}},
                     Repeat::safe);
    JsonWriter out;
    out.begin_object().key("entries").begin_array();
    for (int row = 0; row < rows[0].count(); ++row) write_entry(out, rows[0], row);
    out.end_array().end_object();
    return json_reply(200, out.take());
}

Reply get_inclusion_proof(Exchange &exchange) {
    const auto entry = needed_entry(exchange.query);
    const auto size = exchange.query.integer("size");
    const auto rows = exchange.run({{&statements::ledger_proof_json, {entry, size}}}, Repeat::safe);
    return with_caching(json_reply(200, std::string(rows[0].text(0, 0))),
                        changes_unless(size.has_value()));
}

Reply get_ledger_opening(Exchange &exchange) {
    const auto rows =
        exchange.run({{&statements::ledger_opening, {needed_entry(exchange.query)}}}, Repeat::safe);
    JsonWriter out;
    out.begin_object();
    out.key("entry").string(rows[0].text(0, 0));
    out.key("blind").string(rows[0].text(0, 1));
    out.key("content_sha256").string(rows[0].text(0, 2));
    out.key("metadata").string_or_null(rows[0].maybe(0, 3));
    out.end_object();
    return json_reply(200, out.take());
}

Reply get_consistency_proof(Exchange &exchange) {
    const auto from = needed(exchange.query, "from");
    const auto to = needed(exchange.query, "to");
    const auto rows = exchange.run(
        {{&statements::ledger_consistency_proof, {std::optional(from), std::optional(to)}}},
        Repeat::safe);
    JsonWriter out;
    out.begin_object().key("from").number(from).key("to").number(to).key("proof").begin_array();
    for (int row = 0; row < rows[0].count(); ++row) out.string(rows[0].text(row, 0));
    out.end_array().end_object();
    return with_caching(json_reply(200, out.take()), Changes::never);
}

// A tile is asked for with the width that it has, so it too stays what it is.
Reply get_ledger_tile(Exchange &exchange) {
    const auto &path = exchange.arguments[0];
    const auto rows = exchange.run({{&statements::ledger_tile, {path}}}, Repeat::safe);
    Reply reply{.status = 200,
                .content_type = "application/octet-stream",
                .body = std::string(rows[0].text(0, 0))};
    return with_etag(std::move(reply), "\"" + path + "\"",
                     exchange.request.head.field("if-none-match"), Changes::never);
}

}  // namespace gateway
