// What the path of a vault file says about it: whose construct, whether it can be
// a transcript at all, and which session is its own. It never looks at content.
#pragma once

#include <string>
#include <string_view>

namespace vvault {

enum class PathKind {
    never,     // prompts, capsules, documents, the library, pictures
    possible,  // logs, archives, anywhere else: the content has to prove it
    expected,  // a chat folder or a chat_with_ name
};

struct PathFacts {
    std::string path;  // normalised
    PathKind kind = PathKind::possible;
    bool json = false;
    std::string construct;          // callsign, "" where the path names none
    std::string canonical_session;  // set for instances/<c>/chatty/chat_with_<c>.md
    std::string folder_session;     // set for transcripts/<session>/<file>
};

PathFacts read_path(std::string_view path);

// The construct in ids such as zen-001_chat_with_zen-001, zen_1762969514958 and
// gpt-zen-001; "" where there is none.
std::string construct_of_session(std::string_view external_id);

}  // namespace vvault
