// Runs a program, without a shell, and hands it a text on its standard input.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace witness {

// What went wrong, or nothing when it ended with 0 in time. After that it is killed, with
// whatever it has started.
std::optional<std::string> run_command(const std::vector<std::string> &command,
                                       const std::string &input,
                                       std::chrono::milliseconds time_limit);

}  // namespace witness
