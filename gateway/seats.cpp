// /seats/report: what answered in one's vault, and what failed.
#include "handlers.hpp"
#include "json_writer.hpp"
#include "shapes.hpp"
#include "statements.hpp"

namespace gateway {

namespace {

enum Column : int {
    seat,
    backend,
    model,
    uses,
    answers,
    failures,
    fallbacks,
    median_ms,
    p95_ms,
    error_classes,
    last_used
};

void write_line(JsonWriter &out, const Rows &rows, int row) {
    out.begin_object();
    out.key("seat").string_or_null(rows.maybe(row, seat));
    out.key("backend").string_or_null(rows.maybe(row, backend));
    out.key("model").string_or_null(rows.maybe(row, model));
    out.key("uses").raw(rows.text(row, uses));
    out.key("answers").raw(rows.text(row, answers));
    out.key("failures").raw(rows.text(row, failures));
    out.key("fallbacks").raw(rows.text(row, fallbacks));
    out.key("median_ms").raw_or_null(rows.maybe(row, median_ms));
    out.key("p95_ms").raw_or_null(rows.maybe(row, p95_ms));
    out.key("error_classes").raw(rows.text(row, error_classes));
    out.key("last_used").string_or_null(time_at(rows, row, last_used));
    out.end_object();
}

}  // namespace

Reply get_seat_report(Exchange &exchange) {
    const auto rows =
        exchange.run({{&statements::seat_report, {exchange.query.text("since")}}}, Repeat::safe);
    JsonWriter out;
    out.begin_object().key("seats").begin_array();
    for (int row = 0; row < rows[0].count(); ++row) write_line(out, rows[0], row);
    out.end_array().end_object();
    return json_reply(200, out.take());
}

}  // namespace gateway
