// The command line: files are read here, so that what follows has keys and texts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "consistency_file.hpp"
#include "core/signed_note.hpp"

namespace verifier {

struct Options {
    std::string input = "-";
    std::vector<vvault::NoteKey> keys;
    std::vector<std::string> witnessed;  // notes
    std::optional<ConsistencyFile> consistency;
    std::optional<std::string> tiles;
    bool is_part = false;
    bool help = false;
};

extern const char *const usage;

// Throws Unusable.
Options options_from(const std::vector<std::string> &arguments);

}  // namespace verifier
