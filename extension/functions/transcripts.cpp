// Transcripts between text and turns: what core reads goes to SQL as JSON, what SQL has
// comes back as the house format.
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "core/transcript.hpp"
#include "pg/datum.hpp"

using namespace vvault;
using namespace vvault::pg;

namespace {

using Json = nlohmann::json;

std::vector<std::string> names_argument(FunctionCallInfo fcinfo, int position) {
    std::vector<std::string> names;
    for (const auto &name : texts_argument(fcinfo, position))
        if (name) names.emplace_back(*name);
    return names;
}

Json turn_json(const Turn &turn) {
    Json json = {{"role", turn.role},
                 {"speaker", turn.speaker},
                 {"content", turn.content},
                 {"timestamp", turn.timestamp},
                 {"timestamp_source", turn.timestamp_source},
                 {"id", turn.id},
                 {"counted", turn.counted},
                 {"metadata", turn.metadata}};
    if (turn.at_us) json["at_us"] = *turn.at_us;
    return json;
}

Json session_json(const ParsedSession &session) {
    Json turns = Json::array();
    for (const Turn &turn : session.turns) turns.push_back(turn_json(turn));
    return {{"session", session.external_id},
            {"construct", session.construct},
            {"title", session.title},
            {"turns", std::move(turns)},
            {"metadata", session.metadata}};
}

}  // namespace

// _parse_transcript(path text, content bytea, owner_names text[]) → text
VVAULT_FUNCTION(vvault_parse_transcript) {
    const ParsedFile file =
        parse_transcript(text_argument(fcinfo, 0), as_text(bytes_argument(fcinfo, 1)),
                         {.owner_names = names_argument(fcinfo, 2)});
    Json sessions = Json::array();
    for (const ParsedSession &session : file.sessions) sessions.push_back(session_json(session));
    const Json json = {{"formats", file.formats},
                       {"sessions", std::move(sessions)},
                       {"unknown_speakers", file.unknown_speakers},
                       {"notes", file.notes}};
    return text_datum(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

// _render_header(construct, construct_title, session, title, started) → text
VVAULT_FUNCTION(vvault_render_header) {
    return text_datum(render_header({.construct = text_argument(fcinfo, 0),
                                     .construct_title = text_argument(fcinfo, 1),
                                     .external_id = text_argument(fcinfo, 2),
                                     .title = text_argument(fcinfo, 3),
                                     .started_at = text_argument(fcinfo, 4)}));
}

// _render_turn(speaker, role, timestamp, message_id, content, metadata) → text
VVAULT_FUNCTION(vvault_render_turn) {
    return text_datum(render_turn({.speaker = text_argument(fcinfo, 0),
                                   .role = text_argument(fcinfo, 1),
                                   .timestamp = text_argument(fcinfo, 2),
                                   .id = text_argument(fcinfo, 3),
                                   .content = text_argument(fcinfo, 4),
                                   .metadata = text_argument(fcinfo, 5)}));
}
