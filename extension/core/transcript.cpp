#include "transcript.hpp"

#include <algorithm>
#include <exception>

#include "digest.hpp"
#include "text_repair.hpp"
#include "transcript_json.hpp"
#include "transcript_json_text.hpp"
#include "transcript_path.hpp"
#include "transcript_text.hpp"
#include "transcript_words.hpp"

namespace vvault {

namespace {

constexpr std::size_t longest_id = 200;  // characters

void add_once(std::vector<std::string> &list, std::string_view text) {
    const auto place = std::lower_bound(list.begin(), list.end(), text);
    if (place == list.end() || *place != text) list.emplace(place, text);
}

// An id is one line of at most 200 characters; of a longer one the beginning and
// a digest of all of it.
std::string fitting_id(std::string id) {
    std::replace_if(
        id.begin(), id.end(), [](char letter) { return is_ascii(letter) && letter < ' '; }, ' ');
    if (count_characters(id) <= longest_id) return id;
    const auto digest = sha256({as_bytes(id)});
    return std::string(first_characters(id, longest_id - 17)) + "~" +
           hex(ByteView(digest).first(8));
}

// Kept, and said: two writers of one turn were common.
void flag_repeats(ParsedSession &session) {
    for (std::size_t index = 1; index < session.turns.size(); ++index) {
        const auto &before = session.turns[index - 1];
        auto &turn = session.turns[index];
        if (!turn.counted && turn.role == before.role && turn.content == before.content &&
            turn.timestamp == before.timestamp)
            turn.metadata["repeated"] = true;
    }
}

// Clients are told which times nobody wrote down.
void flag_times(ParsedSession &session) {
    for (auto &turn : session.turns)
        if (!turn.counted && turn.timestamp_source != "exact")
            turn.metadata["timestampSource"] = turn.timestamp_source;
}

void repair_double_encoding(ParsedFile &file) {
    std::vector<std::string_view> texts;
    for (const auto &session : file.sessions)
        for (const auto &turn : session.turns)
            if (!turn.counted) texts.emplace_back(turn.content);
    if (!are_double_encoded(texts)) return;
    for (auto &session : file.sessions) {
        for (auto &turn : session.turns) {
            if (turn.counted || std::all_of(turn.content.begin(), turn.content.end(), is_ascii))
                continue;
            turn.content = decode_twice(turn.content).text;
            turn.metadata["repaired"] = true;
        }
        if (auto title = decode_twice(session.title); !title.genuine)
            session.title = std::move(title.text);
    }
    file.notes.emplace_back("double-encoded UTF-8 was repaired in the turns");
}

void make_storable(ParsedFile &file) {
    for (auto &session : file.sessions) {
        drop_nul(session.external_id);
        drop_nul(session.construct);
        drop_nul(session.title);
        drop_nul(session.metadata);
        for (auto &turn : session.turns) {
            for (auto *text : {&turn.content, &turn.speaker, &turn.timestamp, &turn.id})
                drop_nul(*text);
            drop_nul(turn.metadata);
        }
        session.external_id = fitting_id(std::move(session.external_id));
    }
}

void parse_file(std::string_view vault_path, std::string_view content, const ParseOptions &options,
                ParsedFile &file) {
    const auto facts = read_path(vault_path);
    if (facts.kind == PathKind::never) return;
    if (content.find('\0') != content.npos) {
        file.notes.emplace_back("binary: no turns");
        return;
    }
    const auto mended = replace_invalid_utf8(content);
    if (mended) file.notes.emplace_back("bytes that are not UTF-8 are U+FFFD in the turns");
    parse_content(facts, mended ? std::string_view(*mended) : content, options, 0, file);
    for (auto &session : file.sessions) {
        flag_repeats(session);
        flag_times(session);
    }
    repair_double_encoding(file);
    make_storable(file);
}

}  // namespace

void add_format(ParsedFile &file, std::string_view format) {
    add_once(file.formats, format);
}

void add_unknown_speaker(ParsedFile &file, std::string_view speaker) {
    add_once(file.unknown_speakers, speaker);
}

bool is_creation(Turn &turn, std::string &title) {
    constexpr std::string_view created = "CONVERSATION_CREATED:";
    const std::string_view text = turn.content;
    if (text.find('\n') != text.npos) return false;
    if (text.starts_with("CONVERSATION_DELETED:") || text.starts_with("USER_DATA_CLEARED:"))
        turn.role = "system";
    if (!text.starts_with(created)) return false;
    if (title.empty()) title = trim(text.substr(created.size()));
    return true;
}

void add_session(ParsedFile &file, ParsedSession session) {
    if (!session.turns.empty()) file.sessions.push_back(std::move(session));
}

void parse_content(const PathFacts &facts, std::string_view content, const ParseOptions &options,
                   int depth, ParsedFile &file) {
    if (facts.kind == PathKind::never) return;
    const auto first = trim(content.substr(0, 64));
    const bool looks_like_json = first.starts_with('{') || first.starts_with('[');
    const bool named = facts.path.find('.', facts.path.rfind('/') + 1) != facts.path.npos;
    if (facts.json || (!named && looks_like_json))
        parse_json(facts, content, options, depth, file);
    else
        parse_text(facts, content, options, file);
}

ParsedFile parse_transcript(std::string_view vault_path, std::string_view content,
                            const ParseOptions &options) {
    ParsedFile file;
    try {
        parse_file(vault_path, content, options, file);
    } catch (const std::exception &error) {
        file = ParsedFile();
        file.notes.push_back(std::string("could not be read: ") + error.what());
    }
    return file;
}

}  // namespace vvault
