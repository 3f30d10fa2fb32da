#include <algorithm>
#include <optional>
#include <string>

#include "core/error.hpp"
#include "pg/root_keys.hpp"
#include "pg/secret_file.hpp"
#include "pg/settings.hpp"

namespace vvault::pg {

namespace {

struct Loaded {
    std::string path;
    std::string stamp;
    std::optional<KeyRing> ring;
};

// Never destroyed: a backend may leave through exit() at any moment.
Loaded &loaded() {
    static Loaded *state = new Loaded;
    return *state;
}

}  // namespace

const KeyRing &root_keys() {
    const std::string path = root_key_file();
    if (path.empty())
        throw Error(Errc::root_key_missing, "the vault is locked: no root key is configured")
            .detail("vvault.root_key_file is empty.");
    Loaded &state = loaded();
    if (state.ring && state.path == path && state.stamp == secret_file_stamp(path))
        return *state.ring;
    state.ring.reset();
    const auto file = read_secret_file(path);
    if (!file)
        throw Error(Errc::root_key_missing, "the vault is locked: its root key is missing")
            .detail("There is no file \"" + path + "\" (vvault.root_key_file).");
    state.ring = KeyRing::parse(file->content);
    state.path = path;
    state.stamp = file->stamp;
    return *state.ring;
}

bool root_keys_available() {
    return *root_key_file() != '\0' && !secret_file_stamp(root_key_file()).empty();
}

const SecretKey &root_key(int number, ByteView expected_check_value) {
    const SecretKey *key = root_keys().find(number);
    if (!key)
        throw Error(Errc::root_key_missing,
                    "the vault is locked: root key " + std::to_string(number) + " is missing")
            .detail("The file \"" + std::string(root_key_file()) + "\" holds other root keys.");
    const CheckValue actual = check_value(*key);
    if (!std::ranges::equal(actual, expected_check_value))
        throw Error(Errc::root_key_wrong, "root key " + std::to_string(number) +
                                              " is not the one this vault was sealed with")
            .detail("The file \"" + std::string(root_key_file()) +
                    "\" holds the key with check value " + hex(ByteView(actual).first(4)) +
                    ", the database expects " +
                    hex(expected_check_value.first(
                        std::min<std::size_t>(4, expected_check_value.size()))) +
                    ".");
    return *key;
}

}  // namespace vvault::pg
