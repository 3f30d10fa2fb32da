#include "shapes.hpp"

#include "text.hpp"

namespace gateway {

std::optional<std::string> time_at(const Rows &rows, int row, int column) {
    const auto text = rows.maybe(row, column);
    if (!text) return std::nullopt;
    return iso_timestamp(*text);
}

std::string_view session_name(const Rows &sessions, int row, int first) {
    return sessions.maybe(row, first + SessionColumn::external_id)
        .value_or(sessions.text(row, first + SessionColumn::id));
}

void write_message(JsonWriter &out, const Rows &messages, int row) {
    using Column = MessageColumn;
    out.begin_object();
    out.key("id").string(messages.text(row, Column::id));
    out.key("seq").raw(messages.text(row, Column::seq));
    out.key("conversation")
        .string(
            messages.maybe(row, Column::session).value_or(messages.text(row, Column::session_id)));
    out.key("session_id").string(messages.text(row, Column::session_id));
    out.key("role").string(messages.text(row, Column::role));
    out.key("content").string(messages.text(row, Column::content));
    out.key("seat").string_or_null(messages.maybe(row, Column::seat));
    out.key("model").string_or_null(messages.maybe(row, Column::model));
    out.key("client_id").string_or_null(messages.maybe(row, Column::client_id));
    out.key("metadata").raw_or_null(messages.maybe(row, Column::metadata));
    out.key("created_at").string_or_null(time_at(messages, row, Column::created_at));
    out.key("timestamp").string_or_null(messages.maybe(row, Column::timestamp));
    out.end_object();
}

void write_session(JsonWriter &out, const Rows &sessions, int row, int first) {
    using Column = SessionColumn;
    out.begin_object();
    out.key("id").string(session_name(sessions, row, first));
    out.key("session_id").string(sessions.text(row, first + Column::id));
    out.key("external_id").string_or_null(sessions.maybe(row, first + Column::external_id));
    out.key("construct").string_or_null(sessions.maybe(row, first + Column::construct));
    out.key("construct_title").string_or_null(sessions.maybe(row, first + Column::construct_title));
    out.key("title").string_or_null(sessions.maybe(row, first + Column::title));
    out.key("started_at").string_or_null(time_at(sessions, row, first + Column::started_at));
    out.key("ended_at").string_or_null(time_at(sessions, row, first + Column::ended_at));
    out.key("last_seq").raw_or_null(sessions.maybe(row, first + Column::last_seq));
    out.key("updated_at").string_or_null(time_at(sessions, row, first + Column::updated_at));
    out.key("last_message_at")
        .string_or_null(time_at(sessions, row, first + Column::last_message_at));
    out.key("flags").raw_or_null(sessions.maybe(row, first + Column::flags));
    out.end_object();
}

void write_construct(JsonWriter &out, const Rows &constructs, int row) {
    out.begin_object();
    out.key("id").string(constructs.text(row, 0));
    out.key("name").string(constructs.text(row, 1));
    out.key("title").string_or_null(constructs.maybe(row, 2));
    out.key("role").string_or_null(constructs.maybe(row, 3));
    out.key("owner_id").string(constructs.text(row, 4));
    out.key("created_at").string_or_null(time_at(constructs, row, 5));
    out.key("retired_at").string_or_null(time_at(constructs, row, 6));
    out.end_object();
}

}  // namespace gateway
