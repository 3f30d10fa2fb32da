// What the handlers of the Chatty dialect share: its shapes of a conversation and
// a message, and how it says what a message is. It keeps the rules of a client
// that exists and will not change.
#pragma once

#include <string>
#include <vector>

#include "append.hpp"
#include "json_writer.hpp"
#include "shapes.hpp"

namespace gateway::chatty {

// Where nothing names a construct, the message is kept under this one rather
// than refused.
constexpr std::string_view nobody_in_particular = "chatty-001";

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

// `rows` are the rows of `messages` that belong to the conversation.
void write_conversation(JsonWriter &out, const Rows &sessions, int row, const Rows *messages,
                        const std::vector<int> &rows);

}  // namespace gateway::chatty
