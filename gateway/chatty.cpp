#include "chatty.hpp"

#include <algorithm>
#include <cctype>

#include "names.hpp"
#include "text.hpp"

namespace gateway::chatty {

namespace {

constexpr std::string_view created = "CONVERSATION_CREATED:";

std::string joined_packets(const Json &json) {
    std::string text;
    const auto *packets = json.find("packets");
    if (!packets || !packets->is(Json::Kind::array)) return text;
    for (const auto &packet : packets->children) {
        const auto *payload = packet.find("payload");
        const auto content = payload ? payload->string_if("content") : std::nullopt;
        if (!content || content->empty()) continue;
        if (!text.empty()) text += "\n\n";
        text += *content;
    }
    return text;
}

// The first of the names that is there: a string, or a number as it is written.
std::optional<std::string> scalar(const Json *json, std::string_view name) {
    const auto *member = json ? json->find(name) : nullptr;
    if (!member) return std::nullopt;
    const bool scalar = member->is(Json::Kind::string) || member->is(Json::Kind::number);
    if (!scalar || member->text.empty()) return std::nullopt;
    return member->text;
}

std::string content_of(const Json &json, const Json *inner) {
    if (auto content = json.string_at("content"); content && !content->empty()) return *content;
    if (auto packets = joined_packets(json); !packets.empty()) return packets;
    // The older client says {"message": "text"}, the newer {"message": {"content": …}}.
    if (auto text = json.string_if("message")) return *text;
    return inner ? inner->string_if("content").value_or("") : "";
}

// Attachments beside the metadata belong into it, where they are kept and found.
std::optional<std::string> metadata_of(const Json &json) {
    const auto *given = json.find("metadata");
    const auto *attachments = json.find("attachments");
    const bool adds = attachments && attachments->is(Json::Kind::array) &&
                      !attachments->children.empty() && !(given && given->find("attachments"));
    const bool has = given && !given->is(Json::Kind::null);
    if (!adds) return has ? std::optional(to_text(*given)) : std::nullopt;
    Json metadata = has ? *given : Json{.kind = Json::Kind::object};
    if (metadata.is(Json::Kind::object)) metadata.children.push_back(*attachments);
    return to_text(metadata);
}

bool is_text(const Json *member, std::size_t most) {
    return !member || member->is(Json::Kind::null) ||
           (member->is(Json::Kind::string) && member->text.size() <= most);
}

// What of it the database would refuse stays ordinary metadata: a client is not to lose a message
// for how it calls its models.
bool is_attempt(const Json &one) {
    if (!one.is(Json::Kind::object)) return false;
    for (const auto &[name, most] : {std::pair{"backend", 100}, {"model", 200}})
        if (!is_text(one.find(name), static_cast<std::size_t>(most))) return false;
    if (const auto *error = one.find("error_class"); error && !error->is(Json::Kind::null)) {
        const auto word = [](unsigned char c) {
            return std::isalnum(c) || std::string_view("_.:-").find(char(c)) != std::string::npos;
        };
        if (!is_text(error, 100) || error->text.empty() ||
            !std::all_of(error->text.begin(), error->text.end(), word))
            return false;
    }
    const auto *latency = one.find("latency_ms");
    if (!latency || latency->is(Json::Kind::null)) return true;
    const auto number = parse_integer(latency->text);
    return latency->is(Json::Kind::number) && number && *number >= 0 && *number <= 2147483647;
}

std::optional<std::string> chain_of(const Json *metadata) {
    const auto *tried = metadata ? metadata->find("tried") : nullptr;
    if (!tried || !tried->is(Json::Kind::array) || tried->children.empty() ||
        tried->children.size() > 50 ||
        !std::all_of(tried->children.begin(), tried->children.end(), is_attempt))
        return std::nullopt;
    return to_text(*tried);
}

// Parsed only where there may be any: most messages have none, and histories are long.
void write_attachments(JsonWriter &out, std::string_view metadata) {
    out.key("attachments");
    if (metadata.find("\"attachments\"") != std::string_view::npos) {
        const auto parsed = parse_json(metadata);
        const auto *attachments = parsed.find("attachments");
        if (attachments && attachments->is(Json::Kind::array)) {
            out.raw(to_text(*attachments));
            return;
        }
    }
    out.raw("[]");
}

}  // namespace

NewMessage message_of(const Json &json, const Head &head) {
    const auto *inner = json.find("message");
    const auto *metadata = json.find("metadata");
    NewMessage message{.role = json.string_at("role").value_or(
                           inner ? inner->string_if("role").value_or("user") : "user"),
                       .content = content_of(json, inner)};
    message.client_id = idempotency_key(head);
    if (!message.client_id) message.client_id = scalar(metadata, "clientMessageId");
    if (!message.client_id) message.client_id = scalar(inner, "id");
    message.timestamp = scalar(&json, "timestamp");
    if (!message.timestamp) message.timestamp = scalar(inner, "timestamp");
    message.seat = scalar(metadata, "seat");
    if (!message.seat) message.seat = scalar(&json, "seat");
    message.model = scalar(metadata, "model");
    if (!message.model) message.model = scalar(&json, "model");
    message.metadata = metadata_of(json);
    message.tried = chain_of(metadata);
    return message;
}

Opening opening_of(const Json &json, const std::string &session) {
    Opening opening{.construct = {}, .title = json.string_at("title")};
    for (const auto name : {"constructId", "constructCallsign", "constructName"})
        if (opening.construct.empty()) opening.construct = json.string_at(name).value_or("");
    if (opening.construct.empty()) opening.construct = construct_of_session(session).value_or("");
    if (opening.construct.empty()) opening.construct = nobody_in_particular;
    return opening;
}

bool is_creation(const NewMessage &message) {
    return message.role == "system" && message.content.starts_with(created);
}

std::string title_of_creation(const NewMessage &message) {
    return message.content.substr(created.size());
}

void write_message(JsonWriter &out, const Rows &messages, int row) {
    using Column = MessageColumn;
    const auto metadata = messages.maybe(row, Column::metadata).value_or("{}");
    out.begin_object();
    out.key("id").string(messages.text(row, Column::id));
    out.key("role").string(messages.text(row, Column::role));
    out.key("content").string(messages.text(row, Column::content));
    out.key("timestamp").string(messages.text(row, Column::timestamp));
    out.key("metadata").raw(metadata);
    write_attachments(out, metadata);
    out.end_object();
}

void write_old_message(JsonWriter &out, const Rows &messages, int row) {
    using Column = MessageColumn;
    const auto id = messages.text(row, Column::id);
    const auto session = messages.text(row, Column::session);
    out.begin_object();
    out.key("_id").string(id);
    out.key("id").string(id);
    out.key("conversation").string(session);
    out.key("sessionId").string(session);
    out.key("owner").string(messages.text(row, Column::user_id));
    out.key("role").string(messages.text(row, Column::role));
    out.key("content").string(messages.text(row, Column::content));
    out.key("createdAt").string_or_null(time_at(messages, row, Column::created_at));
    out.key("timestamp").string(messages.text(row, Column::timestamp));
    out.end_object();
}

std::string_view title_of(const Rows &sessions, int row) {
    const auto construct = sessions.maybe(row, SessionColumn::construct_title);
    return sessions.maybe(row, SessionColumn::title)
        .value_or(construct.value_or("New conversation"));
}

std::unordered_map<std::string_view, std::vector<int>> rows_of_sessions(const Rows &messages) {
    std::unordered_map<std::string_view, std::vector<int>> found;
    for (int row = 0; row < messages.count(); ++row)
        found[messages.text(row, MessageColumn::session_id)].push_back(row);
    return found;
}

Reply with_content_etag(Exchange &exchange, std::string body) {
    const auto etag = "\"" + sha256_hex(body) + "\"";
    return with_etag(json_reply(200, std::move(body)), etag,
                     exchange.request.head.field("if-none-match"));
}

void write_conversation(JsonWriter &out, const Rows &sessions, int row, const Rows *messages,
                        const std::vector<int> &rows) {
    using Column = SessionColumn;
    const auto session = session_name(sessions, row);
    const auto construct = std::string(sessions.text(row, Column::construct));
    const bool primary = session == canonical_session(construct);
    const auto name = sessions.maybe(row, Column::construct_title);
    out.begin_object();
    out.key("sessionId").string(session);
    out.key("title").string(title_of(sessions, row));
    out.key("constructId").string(construct);
    out.key("constructName").string(name ? std::string(*name) : spoken_name(construct));
    out.key("constructCallsign").string(construct);
    out.key("createdAt").string_or_null(time_at(sessions, row, Column::started_at));
    out.key("updatedAt").string_or_null(time_at(sessions, row, Column::updated_at));
    out.key("runtimeId").string(runtime_name(construct));
    out.key("constructFolder").string(construct);
    out.key("sourcePath");
    if (primary)
        out.string(transcript_path(construct));
    else
        out.null();
    out.key("isPrimary").boolean(primary);
    out.key("importMetadata").null();
    out.key("messages").begin_array();
    if (messages)
        for (const int at : rows) chatty::write_message(out, *messages, at);
    out.end_array();
    out.end_object();
}

}  // namespace gateway::chatty
