#include "options.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "core/error.hpp"
#include "verdict.hpp"

namespace verifier {

const char *const usage =
    "vvault-verify --key KEY [options] [EXPORT]\n"
    "\n"
    "Checks a ledger without its database. EXPORT is an NDJSON file, a folder of tiles, or\n"
    "standard input when it is left out or \"-\".\n"
    "\n"
    "  --key KEY           a key that checkpoints are believed of, name+id+base64, or a file\n"
    "                      with one a line; again for each key that the log has had\n"
    "  --witnessed FILE    a signed checkpoint kept from earlier, which the log must continue;\n"
    "                      may be given again\n"
    "  --tiles FOLDER      the tiles of the log, which tell the altered entry from the others\n"
    "  --part              the export has some of the entries only, such as an archived month;\n"
    "                      the tiles judge each, and which are left out is not asked\n"
    "  --consistency FILE  the proof that the witnessed checkpoint is continued, for an export\n"
    "                      of less than everything\n"
    "\n"
    "Exit code 0: verified. 1: not as it was signed; the first such entry is named. 2: the\n"
    "input cannot be used.\n";

namespace {

std::string content_of(const std::string &path) {
    constexpr std::size_t most = 1u << 20;
    std::ifstream file(path, std::ios::binary);
    std::string content(most + 1, '\0');
    file.read(content.data(), static_cast<std::streamsize>(content.size()));
    content.resize(static_cast<std::size_t>(file.gcount()));
    if (!file.is_open() || file.bad()) throw Unusable("cannot read \"" + path + "\"");
    if (content.size() > most) throw Unusable("\"" + path + "\" is too large for what it is");
    return content;
}

void add_keys(std::vector<vvault::NoteKey> &keys, const std::string &value) {
    const bool is_file = std::filesystem::is_regular_file(value);
    std::istringstream lines(is_file ? content_of(value) : value);
    const std::size_t before = keys.size();
    for (std::string line; std::getline(lines, line);) {
        if (line.empty()) continue;
        try {
            keys.push_back(vvault::NoteKey::from_text(line));
        } catch (const vvault::Error &problem) {
            throw Unusable("a --key is no key and no file of keys: " + problem.message());
        }
    }
    if (keys.size() == before) throw Unusable("a --key holds no key");
}

}  // namespace

Options options_from(const std::vector<std::string> &arguments) {
    Options options;
    bool has_input = false;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string &argument = arguments[i];
        const auto value = [&] {
            if (i + 1 == arguments.size()) throw Unusable(argument + " needs a value");
            return arguments[++i];
        };
        if (argument == "--help") {
            options.help = true;
        } else if (argument == "--key") {
            add_keys(options.keys, value());
        } else if (argument == "--witnessed") {
            options.witnessed.push_back(content_of(value()));
        } else if (argument == "--consistency") {
            options.consistency = consistency_from_text(content_of(value()));
        } else if (argument == "--part") {
            options.is_part = true;
        } else if (argument == "--tiles") {
            options.tiles = value();
        } else if (argument.starts_with("-") && argument != "-") {
            throw Unusable("there is no option " + argument);
        } else if (has_input) {
            throw Unusable("one export at a time");
        } else {
            options.input = argument;
            has_input = true;
        }
    }
    if (!options.help && options.keys.empty())
        throw Unusable("without a --key nothing that was signed can be believed");
    if (options.consistency && options.witnessed.size() != 1)
        throw Unusable("--consistency goes with one --witnessed checkpoint");
    return options;
}

}  // namespace verifier
