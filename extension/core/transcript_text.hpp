// A file of text: a conversation in markdown, or one message in a file of its
// own. What is neither gives no session.
#pragma once

#include <string_view>

#include "transcript.hpp"
#include "transcript_path.hpp"

namespace vvault {

void parse_text(const PathFacts &facts, std::string_view content, const ParseOptions &options,
                ParsedFile &file);

// Adds what the session's path and its turns' order say: names, times, repeats.
// Sessions without turns are dropped.
void add_session(ParsedFile &file, ParsedSession session);

// The old client told its server what it did through texts of its own. True for
// one that is no message but a conversation's creation: then `title` has its
// title. Others become the system's.
bool is_creation(Turn &turn, std::string &title);

void add_format(ParsedFile &file, std::string_view format);
void add_unknown_speaker(ParsedFile &file, std::string_view speaker);

}  // namespace vvault
