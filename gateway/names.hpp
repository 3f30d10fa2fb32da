// The names that Chatty derives from one another: callsigns, canonical session
// ids, the vault path of a construct's transcript. Pure text; whether such a
// thing exists, and the exact rule for callsigns, the database decides.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gateway {

constexpr std::size_t maximum_id_characters = 200;

// "Zen" and "zen_001" to "zen-001", as the database will.
std::string callsign(std::string_view name);

// "zen-001" to "zen-001_chat_with_zen-001".
std::string canonical_session(std::string_view callsign);

// The construct that a session's id names: of the canonical form both halves
// must agree.
std::optional<std::string> construct_of_canonical(std::string_view session);

// The same for ids the old client makes itself: also "gpt-<callsign>" and
// "<name>_<milliseconds>" (but not "session_<milliseconds>_…").
std::optional<std::string> construct_of_session(std::string_view session);

// "zen-001" to "instances/zen-001/chatty/chat_with_zen-001.md".
std::string transcript_path(std::string_view callsign);

// "zen-001" to "zen", and that to "Zen": what the client calls runtime and name.
std::string runtime_name(std::string_view callsign);
std::string spoken_name(std::string_view callsign);

}  // namespace gateway
