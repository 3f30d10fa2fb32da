#include "config.hpp"

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "core/error.hpp"

namespace witness {

namespace {

std::string setting(const char *name) {
    const char *value = std::getenv(name);
    return value ? value : "";
}

std::chrono::milliseconds milliseconds(const char *name, std::chrono::milliseconds otherwise) {
    const std::string text = setting(name);
    if (text.empty()) return otherwise;
    int number = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
    if (end.ec != std::errc{} || end.ptr != text.data() + text.size() || number < 10 ||
        number > 3'600'000)
        throw std::invalid_argument(std::string(name) + " is 10 to 3600000 milliseconds");
    return std::chrono::milliseconds(number);
}

// Keys come from a file and not from the database: whoever controls that could replace both.
std::vector<vvault::NoteKey> keys_in(const std::string &path) {
    std::ifstream file(path);
    std::vector<vvault::NoteKey> keys;
    std::string line;
    while (std::getline(file, line)) {
        if (line.empty() || line.front() == '#') continue;
        try {
            keys.push_back(vvault::NoteKey::from_text(line));
        } catch (const vvault::Error &error) {
            throw std::invalid_argument("a line of VVAULT_WITNESS_KEYS is no verifier key: " +
                                        error.message());
        }
    }
    if (keys.empty())
        throw std::invalid_argument(
            "VVAULT_WITNESS_KEYS must name a file with the ledger's verifier keys");
    return keys;
}

std::vector<std::string> words(const std::string &text) {
    std::istringstream stream(text);
    std::vector<std::string> result;
    for (std::string word; stream >> word;) result.push_back(word);
    return result;
}

}  // namespace

std::string Config::help() {
    return "vvault-witness: keeps the newest checkpoint of a vault's ledger, refuses one that\n"
           "does not extend it, and hands new ones on. Settings are environment variables:\n"
           "  VVAULT_WITNESS_STATE        folder for what is kept (needed)\n"
           "  VVAULT_WITNESS_KEYS         file with the ledger's verifier keys (needed)\n"
           "  VVAULT_WITNESS_FILE         file that checkpoints are appended to\n"
           "  VVAULT_WITNESS_COMMAND      program and arguments that get a checkpoint on stdin\n"
           "  VVAULT_WITNESS_URL          where checkpoints are posted (C2SP add-checkpoint)\n"
           "  VVAULT_WITNESS_INTERVAL_MS  how often the ledger is asked (1000)\n"
           "  VVAULT_WITNESS_TIMEOUT_MS   how long one hand-over may take (10000)\n"
           "PGHOST, PGPORT, PGDATABASE, PGUSER and their kin say where the database is.\n";
}

Config Config::from_environment() {
    Config config;
    config.state = setting("VVAULT_WITNESS_STATE");
    if (!std::filesystem::is_directory(config.state))
        throw std::invalid_argument("VVAULT_WITNESS_STATE must name a folder");
    config.keys = keys_in(setting("VVAULT_WITNESS_KEYS"));
    config.file = setting("VVAULT_WITNESS_FILE");
    config.command = words(setting("VVAULT_WITNESS_COMMAND"));
    config.url = setting("VVAULT_WITNESS_URL");
    if (!config.url.empty() && !config.url.starts_with("https://") &&
        !config.url.starts_with("http://"))
        throw std::invalid_argument("VVAULT_WITNESS_URL must be an http or https address");
    config.interval = milliseconds("VVAULT_WITNESS_INTERVAL_MS", config.interval);
    config.timeout = milliseconds("VVAULT_WITNESS_TIMEOUT_MS", config.timeout);
    return config;
}

}  // namespace witness
