// Rows of vvault.message, vvault.session and vvault.construct, and the JSON they
// become in the standard dialect. Column numbers follow statements.hpp.
#pragma once

#include "database.hpp"
#include "json_writer.hpp"

namespace gateway {

struct MessageColumn {
    enum : int {
        id,
        seq,
        session,
        session_id,
        role,
        content,
        seat,
        model,
        client_id,
        metadata,
        created_at,
        timestamp,
        replayed,
        user_id
    };
};

struct SessionColumn {
    enum : int {
        id,
        external_id,
        construct,
        construct_title,
        title,
        started_at,
        ended_at,
        last_seq,
        updated_at,
        last_message_at,
        flags,
        created,
        user_id
    };
};

// What a URL calls the session: its external id, else its uuid.
std::string_view session_name(const Rows &sessions, int row, int first = 0);

// ISO 8601, or nothing where the column is null.
std::optional<std::string> time_at(const Rows &rows, int row, int column);

void write_message(JsonWriter &out, const Rows &messages, int row);
// `first` is the column at which the session's columns begin.
void write_session(JsonWriter &out, const Rows &sessions, int row, int first = 0);
void write_construct(JsonWriter &out, const Rows &constructs, int row);

}  // namespace gateway
