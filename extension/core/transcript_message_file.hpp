// One message in a file of its own: "# Key: value" lines, "# ---", the text.
// Several such files are one session, named in each of them.
#pragma once

#include <string_view>

#include "transcript.hpp"
#include "transcript_path.hpp"

namespace vvault {

// False where the file is no such message.
bool parse_message_file(const PathFacts &facts, std::string_view content, ParsedFile &file);

}  // namespace vvault
