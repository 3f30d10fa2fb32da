// What the handlers of the Chatty dialect share: its shapes of a conversation and
// a message, and how it says what a message is. It keeps the rules of a client
// that exists and will not change.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "append.hpp"
#include "json_writer.hpp"
#include "shapes.hpp"

namespace gateway::chatty {

// Where nothing names a construct, the message is kept under this one rather
// than refused.
constexpr std::string_view nobody_in_particular = "chatty-001";

// Chatty's own server says for whom it asks (X-Chatty-User). A token acts for its own person and
// no other, so anybody else is refused, and never answered with the wrong person's data.
// Throws Problem: 400 where a service token comes without it, 403 for somebody else.
void require_named_person(Exchange &exchange);

// A message as the client sends it: packets joined where the content is empty,
// the client's own id found, seat and model lifted out of the metadata. The
// metadata itself passes through whole.
NewMessage message_of(const Json &json, const Head &head);

// Whom a conversation is with, and its title: from the body, else from its id.
Opening opening_of(const Json &json, const std::string &session);

// "CONVERSATION_CREATED:<title>" from the system begins a conversation and is
// itself no message.
bool is_creation(const NewMessage &message);
std::string title_of_creation(const NewMessage &message);

// {id, role, content, timestamp, metadata, attachments}
void write_message(JsonWriter &out, const Rows &messages, int row);
// {_id, id, conversation, sessionId, owner, role, content, createdAt, timestamp}
void write_old_message(JsonWriter &out, const Rows &messages, int row);

// The title that is shown where nobody has given one: the construct's, else a plain one.
std::string_view title_of(const Rows &sessions, int row);

// Which rows of `messages` are whose, by the sessions' uuids.
std::unordered_map<std::string_view, std::vector<int>> rows_of_sessions(const Rows &messages);

// 200 with a digest of the body as its ETag, or 304.
Reply with_content_etag(Exchange &exchange, std::string body);

// `rows` are the rows of `messages` that belong to the conversation.
void write_conversation(JsonWriter &out, const Rows &sessions, int row, const Rows *messages,
                        const std::vector<int> &rows);

}  // namespace gateway::chatty
