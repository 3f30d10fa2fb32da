// Transcripts: text and JSON files in, turns out; messages in, a transcript out.
// The formats are those of doc/transcripts.md. Nothing here knows a database, a
// file or a clock, and nothing throws because of what a file holds: what cannot
// be read becomes a note.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace vvault {

struct Turn {
    std::string role;       // user | assistant | system
    std::string speaker;    // the name as written, "" where the format has none
    std::string content;    // the text: outer blank lines cut, inner kept, CR LF as LF
    std::string timestamp;  // ISO text exactly as written, else ""
    std::optional<std::int64_t> at_us;
    std::string timestamp_source;  // exact | label | derived | unknown
    std::string id;                // the message's own id where the file has one
    // True where the house format gave the length of the text: content, timestamp,
    // id and metadata are then exactly what was rendered, and nothing was guessed.
    bool counted = false;
    nlohmann::json metadata = nlohmann::json::object();
};

struct ParsedSession {
    std::string external_id;
    std::string construct;  // callsign, "" where neither path nor file names one
    std::string title;
    std::vector<Turn> turns;
    nlohmann::json metadata = nlohmann::json::object();
};

struct ParsedFile {
    std::vector<std::string> formats;           // letters of doc/transcripts.md, sorted
    std::vector<ParsedSession> sessions;        // none without a turn
    std::vector<std::string> unknown_speakers;  // neither the owner nor the construct
    std::vector<std::string> notes;             // what was repaired, left out or odd
};

struct ParseOptions {
    std::vector<std::string> owner_names;  // names or e-mail addresses
};

// Linear in the length of the content.
ParsedFile parse_transcript(std::string_view vault_path, std::string_view content,
                            const ParseOptions &options);

// "Katana_001" and "katana-001" are "katana-001"; "Katana" too.
std::string callsign(std::string_view name);

// The path below the user's folder, whatever stood before it; "/" between parts.
std::string normalise_vault_path(std::string_view path);

// A transcript is render_header() followed by render_turn() of each message, in
// order. parse_transcript() gives back exactly what went in, whatever the content.
struct RenderedHeader {
    std::string_view construct;        // callsign
    std::string_view construct_title;  // the name shown; "" for the callsign's own
    std::string_view external_id;
    std::string_view title;
    std::string_view started_at;
};
std::string render_header(const RenderedHeader &header);

struct RenderedTurn {
    std::string_view speaker;    // the name shown; "" for the role's own
    std::string_view role;       // user | assistant | system
    std::string_view timestamp;  // as the sender wrote it
    std::string_view id;
    std::string_view content;
    std::string_view metadata;  // JSON text of an object, or ""
};
std::string render_turn(const RenderedTurn &turn);

}  // namespace vvault
