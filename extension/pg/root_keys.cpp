#include <algorithm>
#include <optional>
#include <string>

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/key_command.hpp"
#include "pg/root_keys.hpp"
#include "pg/secret_file.hpp"
#include "pg/settings.hpp"

namespace vvault::pg {

namespace {

// After a failure, so that a backend of many statements does not start a program for each.
constexpr std::int64_t retry_us = std::int64_t{5} * 1000 * 1000;

struct Loaded {
    std::string source;  // the path or the command
    std::string stamp;   // what tells that the source was changed
    std::optional<KeyRing> ring;
    std::string failure;
    TimestampTz failed_at = 0;
};

// Never destroyed: a backend may leave through exit() at any moment.
Loaded &loaded() {
    static Loaded *state = new Loaded;
    return *state;
}

bool has_command() {
    return *root_key_command() != '\0';
}

// A program has no time of change to look at: it is run again when the setting is another
// one, and after the configuration was loaded anew.
std::string command_stamp() {
    return std::to_string(PgReloadTime);
}

std::string where_from() {
    if (has_command()) return "The output of vvault.root_key_command";
    return "The file \"" + std::string(root_key_file()) + "\"";
}

// Whether there is a ring afterwards; where there is none, the state says why.
bool load_from_command() {
    Loaded &state = loaded();
    const std::string command = root_key_command();
    const std::string stamp = command_stamp();
    if (state.source == command && state.stamp == stamp) {
        if (state.ring) return true;
        if (!state.failure.empty() && GetCurrentTimestamp() - state.failed_at < retry_us)
            return false;
    }
    state.ring.reset();
    state.source = command;
    state.stamp = stamp;
    KeyCommandResult result = run_key_command(command, root_key_command_timeout());
    state.failure = result.failure;
    if (!result.output) {
        state.failed_at = GetCurrentTimestamp();
        return false;
    }
    // Until the ring proves to be one.
    state.failure = "It printed something else than root keys.";
    state.failed_at = GetCurrentTimestamp();
    state.ring = KeyRing::parse(*result.output);
    state.failure.clear();
    return true;
}

const KeyRing &ring_of_command() {
    if (!load_from_command())
        throw Error(Errc::key_command, "the vault is locked: its root key command failed")
            .detail(loaded().failure);
    return *loaded().ring;
}

const KeyRing &ring_of_file() {
    const std::string path = root_key_file();
    Loaded &state = loaded();
    if (state.ring && state.source == path && state.stamp == secret_file_stamp(path))
        return *state.ring;
    state.ring.reset();
    const auto file = read_secret_file(path);
    if (!file)
        throw Error(Errc::root_key_missing, "the vault is locked: its root key is missing")
            .detail("There is no file \"" + path + "\" (vvault.root_key_file).");
    state.ring = KeyRing::parse(file->content);
    state.source = path;
    state.stamp = file->stamp;
    return *state.ring;
}

}  // namespace

const KeyRing &root_keys() {
    const bool has_file = *root_key_file() != '\0';
    if (has_file && has_command())
        throw Error(Errc::root_key_refused, "the vault is locked: its root key has two sources")
            .detail("Both vvault.root_key_file and vvault.root_key_command are set.")
            .hint("Leave one of them empty.");
    if (has_command()) return ring_of_command();
    if (has_file) return ring_of_file();
    throw Error(Errc::root_key_missing, "the vault is locked: no root key is configured")
        .detail("vvault.root_key_file and vvault.root_key_command are empty.");
}

bool root_keys_available() {
    if (has_command()) return *root_key_file() == '\0' && load_from_command();
    return *root_key_file() != '\0' && !secret_file_stamp(root_key_file()).empty();
}

const SecretKey &root_key(int number, ByteView expected_check_value) {
    const SecretKey *key = root_keys().find(number);
    if (!key)
        throw Error(Errc::root_key_missing,
                    "the vault is locked: root key " + std::to_string(number) + " is missing")
            .detail(where_from() + " holds other root keys.");
    const CheckValue actual = check_value(*key);
    if (!std::ranges::equal(actual, expected_check_value))
        throw Error(Errc::root_key_wrong, "root key " + std::to_string(number) +
                                              " is not the one this vault was sealed with")
            .detail(where_from() + " holds the key with check value " +
                    hex(ByteView(actual).first(4)) + ", the database expects " +
                    hex(expected_check_value.first(
                        std::min<std::size_t>(4, expected_check_value.size()))) +
                    ".");
    return *key;
}

}  // namespace vvault::pg
