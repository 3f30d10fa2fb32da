// Runs the program that prints the root keys. No shell is between: the setting is a path and
// arguments, split at blanks. The program gets no input and an environment of PATH and HOME;
// what it says on stderr goes nowhere, what it prints on stdout is kept in wiped memory.
#pragma once

#include <optional>
#include <string>

#include "core/bytes.hpp"

namespace vvault::pg {

struct KeyCommandResult {
    std::optional<SecretBytes> output;
    std::string failure;  // why there is no output, in words that hold none of it
};

// Waits at most so long, and can be cancelled like any query; whatever way it ends, the
// program and its children are gone when this returns or throws.
KeyCommandResult run_key_command(const std::string &command, int timeout_ms);

}  // namespace vvault::pg
