#include "transcript_json.hpp"

#include <charconv>
#include <cmath>

#include "timestamp.hpp"
#include "transcript_chatgpt.hpp"
#include "transcript_clock.hpp"
#include "transcript_json_text.hpp"
#include "transcript_names.hpp"
#include "transcript_text.hpp"
#include "transcript_words.hpp"

namespace vvault {

namespace {

using nlohmann::json;

constexpr int most_wrappers = 4;

const json *member(const json &object, std::string_view key) {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(key);
    return found == object.end() ? nullptr : &*found;
}

std::string first_text(const json &object, std::initializer_list<std::string_view> keys) {
    for (const auto key : keys)
        if (auto text = text_member(object, key); !text.empty()) return text;
    return {};
}

std::string role_of(const json &message, const Speakers &speakers) {
    const auto role = fold(text_member(message, "role"));
    if (role == "tool" || role == "developer") return "system";
    if (const auto known = speakers.role_of(role)) return std::string(*known);
    return {};
}

void copy_member(const json &from, std::string_view key, json &to) {
    const auto *value = member(from, key);
    if (value != nullptr && !value->is_null() && !value->empty()) to[std::string(key)] = *value;
}

std::optional<Turn> read_message(const json &message, const Speakers &speakers) {
    const auto *date = member(message, "isDateHeader");
    if (!message.is_object() || (date != nullptr && *date == true)) return std::nullopt;
    Turn turn;
    turn.role = role_of(message, speakers);
    turn.content = text_member(message, "content");
    if (turn.role.empty()) return std::nullopt;
    turn.speaker = first_text(message, {"name", "speaker"});
    turn.id = first_text(message, {"id", "_id"});
    if (const auto *metadata = member(message, "metadata"); metadata && metadata->is_object())
        turn.metadata = *metadata;
    copy_member(message, "attachments", turn.metadata);
    for (const auto key : {"model", "seat", "provider"}) copy_member(message, key, turn.metadata);
    if (!turn.id.empty() && !turn.metadata.contains("id")) turn.metadata["id"] = turn.id;
    if (!turn.speaker.empty() && !is_role_word(turn.speaker))
        turn.metadata["speaker"] = turn.speaker;
    for (const auto key : {"timestamp", "createdAt", "created_at"}) {
        const auto *value = member(message, key);
        if (value == nullptr || turn.at_us) continue;
        auto time = read_json_time(*value);
        turn.timestamp = std::move(time.text);
        turn.at_us = time.at_us;
    }
    turn.timestamp_source = turn.at_us ? "exact" : "unknown";
    if (turn.content.empty() && !turn.metadata.contains("attachments")) return std::nullopt;
    return turn;
}

class JsonParser {
public:
    JsonParser(const PathFacts &facts, const ParseOptions &options, int depth, ParsedFile &file)
        : facts_(facts), options_(options), depth_(depth), file_(file) {}

    void document(const json &value) {
        if (value.is_array()) {
            for (const auto &element : value) record(element);
        } else if (const auto *list = member(value, "conversations"); list && list->is_array()) {
            for (const auto &element : *list) record(element);
        } else {
            record(value);
        }
    }

private:
    void record(const json &value) {
        if (!value.is_object()) return;
        const auto *mapping = member(value, "mapping");
        if (mapping != nullptr && mapping->is_object()) {
            add_format(file_, "ChatGPT");
            add_session(file_, read_chatgpt(facts_, value));
        } else if (is_conversation(value)) {
            conversation(value, value);
        } else if (!row(value)) {
            wrapper(value);
        }
    }

    // {sessionId, title, constructId, …, messages: [{role, content, timestamp}]}. A
    // list of messages without an id is somebody's prompt.
    static bool is_conversation(const json &value) {
        const auto *messages = member(value, "messages");
        return messages != nullptr && messages->is_array() && !messages->empty() &&
               !first_text(value, {"sessionId", "conversationId", "session_id"}).empty();
    }

    void conversation(const json &value, const json &row) {
        ParsedSession session;
        session.external_id = first_text(value, {"sessionId", "conversationId", "session_id"});
        session.title = text_member(value, "title");
        session.construct = facts_.construct;
        if (session.construct.empty())
            session.construct =
                callsign(first_text(value, {"constructCallsign", "constructId", "constructName"}));
        if (session.construct.empty())
            session.construct = callsign(text_member(row, "construct_id"));
        if (session.construct.empty())
            session.construct = construct_of_session(session.external_id);

        Speakers speakers;
        speakers.add_construct(session.construct);
        std::vector<TimeSlot> slots;
        for (const auto &message : *member(value, "messages")) {
            auto turn = read_message(message, speakers);
            if (!turn || is_creation(*turn, session.title)) continue;
            slots.push_back({turn->at_us, std::nullopt});
            session.turns.push_back(std::move(*turn));
        }
        const auto *created = member(value, "createdAt");
        derive_times(slots, created != nullptr ? read_json_time(*created).at_us : std::nullopt);
        for (std::size_t index = 0; index < slots.size(); ++index) {
            auto &turn = session.turns[index];
            if (turn.at_us || !slots[index].at_us) continue;
            turn.at_us = slots[index].at_us;
            turn.timestamp_source = "derived";
        }
        session.metadata["sourcePath"] = facts_.path;
        copy_member(value, "constructName", session.metadata);
        copy_member(value, "lastUpdated", session.metadata);
        add_format(file_, "conversation");
        add_session(file_, std::move(session));
    }

    // A row of the old table vault_files: the conversation is in its metadata, which
    // is JSON or the text of it; else its content is the file.
    bool row(const json &value) {
        const auto *metadata = member(value, "metadata");
        std::optional<json> parsed;
        if (metadata != nullptr && metadata->is_string())
            parsed = read_json(metadata->get_ref<const std::string &>());
        if (parsed) metadata = &*parsed;
        if (metadata != nullptr && is_conversation(*metadata)) {
            conversation(*metadata, value);
            return true;
        }
        const bool of_table =
            member(value, "file_type") != nullptr || member(value, "storage_path") != nullptr;
        const auto *content = member(value, "content");
        if (!of_table || content == nullptr || !content->is_string()) return false;
        if (depth_ >= most_wrappers) return true;
        const auto facts = read_path(first_text(value, {"storage_path", "filename"}));
        parse_content(facts, content->get_ref<const std::string &>(), options_, depth_ + 1, file_);
        return true;
    }

    // {file_id, filename, content, backed_up_at}: sessions of their own, which say
    // what they are a backup of.
    void wrapper(const json &value) {
        const auto *content = member(value, "content");
        const auto filename = text_member(value, "filename");
        if (content == nullptr || !content->is_string() || filename.empty()) return;
        if (member(value, "backed_up_at") == nullptr && member(value, "file_id") == nullptr) return;
        if (depth_ >= most_wrappers) {
            file_.notes.emplace_back("a backup of a backup of a backup was not opened");
            return;
        }
        auto facts = read_path(filename);
        if (facts.construct.empty()) facts.construct = facts_.construct;
        ParsedFile inner;
        parse_content(facts, content->get_ref<const std::string &>(), options_, depth_ + 1, inner);

        for (auto &session : inner.sessions) {
            json wraps = {{"filename", filename}, {"session", session.external_id}};
            copy_member(value, "file_id", wraps);
            copy_member(value, "backed_up_at", wraps);
            session.metadata["wraps"] = std::move(wraps);
            session.metadata["sourcePath"] = facts_.path;
            const bool several = inner.sessions.size() > 1;
            session.external_id =
                "file:" + facts_.path + (several ? "#" + session.external_id : "");
            file_.sessions.push_back(std::move(session));
        }
        for (const auto &format : inner.formats) add_format(file_, format);
        for (const auto &name : inner.unknown_speakers) add_unknown_speaker(file_, name);
        for (auto &note : inner.notes) file_.notes.push_back(std::move(note));
        add_format(file_, "backup");
    }

    const PathFacts &facts_;
    const ParseOptions &options_;
    int depth_;
    ParsedFile &file_;
};

}  // namespace

JsonTime read_json_time(const json &value) {
    JsonTime time;
    double seconds = 0;
    if (value.is_string()) {
        const auto &text = value.get_ref<const std::string &>();
        time.at_us = parse_timestamp(text);
        if (time.at_us) {
            time.text = text;
            return time;
        }
        const auto end = text.data() + text.size();
        const auto read = std::from_chars(text.data(), end, seconds);
        if (read.ec != std::errc() || read.ptr != end) return time;
    } else if (value.is_number()) {
        seconds = value.get<double>();
    } else {
        return time;
    }
    constexpr double milliseconds_begin = 100'000'000'000;  // as seconds: the year 5138
    constexpr double last = 253'402'300'799;                // the end of the year 9999
    if (seconds > milliseconds_begin) seconds /= 1000;
    if (seconds > 0 && seconds < last) time.at_us = std::llround(seconds * 1e6);
    return time;
}

void parse_json(const PathFacts &facts, std::string_view content, const ParseOptions &options,
                int depth, ParsedFile &file) {
    if (content.starts_with("\xEF\xBB\xBF")) content.remove_prefix(3);
    const auto value = read_json(content);
    if (!value) {
        file.notes.emplace_back("not JSON, or nested too deep: no turns");
        return;
    }
    JsonParser(facts, options, depth, file).document(*value);
}

}  // namespace vvault
