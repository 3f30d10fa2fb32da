// A conversation of a ChatGPT export: a tree of messages, because questions can
// be asked again. All branches are kept, in the order in which they were said;
// each turn says which message it answers, and whether its branch is the current.
#pragma once

#include <nlohmann/json.hpp>

#include "transcript.hpp"
#include "transcript_path.hpp"

namespace vvault {

// `conversation` is an object with an object "mapping".
ParsedSession read_chatgpt(const PathFacts &facts, const nlohmann::json &conversation);

}  // namespace vvault
