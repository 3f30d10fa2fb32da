// The witness's settings, from the environment. Where the database is, libpq reads for itself
// (PGHOST, PGPORT, PGDATABASE, PGUSER, …); the login role is a member of vvault_witness.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "core/signed_note.hpp"

namespace witness {

struct Config {
    std::filesystem::path state;        // VVAULT_WITNESS_STATE: a folder for what is kept
    std::vector<vvault::NoteKey> keys;  // VVAULT_WITNESS_KEYS: a file, one verifier key a line
    std::filesystem::path file;         // VVAULT_WITNESS_FILE: checkpoints are appended to it
    std::vector<std::string> command;   // VVAULT_WITNESS_COMMAND: program and arguments, by spaces
    std::string url;                    // VVAULT_WITNESS_URL: C2SP add-checkpoint
    std::chrono::milliseconds interval{1000};   // VVAULT_WITNESS_INTERVAL_MS
    std::chrono::milliseconds timeout{10'000};  // VVAULT_WITNESS_TIMEOUT_MS: of one hand-over

    static std::string help();
    // Throws std::invalid_argument with a sentence for the operator.
    static Config from_environment();
};

}  // namespace witness
