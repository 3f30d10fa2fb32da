#include <filesystem>
#include <optional>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/secret_file.hpp"
#include "pg/settings.hpp"
#include "pg/ticket_key.hpp"

namespace vvault::pg {

namespace {

constexpr const char *key_prefix = "vvault.ticket.";

// Named for the start of this server: a key left from an earlier start is never read.
std::string server_key_path() {
    return std::string(DataDir) + "/pg_dynshmem/" + key_prefix + std::to_string(PgStartTime);
}

std::optional<SecretKey> read_server_key(const std::string &path) {
    SecretBytes content(SecretKey::size);
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) return std::nullopt;
    const ssize_t count = read(file, content.data(), content.size());
    close(file);
    if (count != static_cast<ssize_t>(content.size())) return std::nullopt;
    return SecretKey::from(content);
}

// Keys of earlier starts: nobody reads them again.
void remove_earlier_keys(const std::string &path) {
    const auto own = std::filesystem::path(path).filename().string();
    std::error_code ignored;
    for (const auto &entry :
         std::filesystem::directory_iterator(std::filesystem::path(path).parent_path(), ignored)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(key_prefix) && !name.starts_with(own))
            std::filesystem::remove(entry.path(), ignored);
    }
}

// Written whole under a name of its own and then linked, so that of two backends that
// begin at once one wins and neither reads half a key.
void make_server_key(const std::string &path) {
    const std::string draft = path + "." + std::to_string(MyProcPid);
    const SecretKey key = SecretKey::random();
    const int file = open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return;
    const ssize_t count = write(file, key.view().data(), key.view().size());
    close(file);
    remove_earlier_keys(path);
    // Whoever was first has linked; if nobody could, the caller finds no key and says so.
    if (count == static_cast<ssize_t>(key.view().size())) (void)!link(draft.c_str(), path.c_str());
    unlink(draft.c_str());
}

SecretKey load() {
    const std::string configured = ticket_key_file();
    if (!configured.empty()) {
        const auto file = read_secret_file(configured);
        if (!file || file->content.size() < SecretKey::size)
            throw Error(Errc::root_key_refused, "ticket key file \"" + configured + "\" is refused")
                .detail("It is missing or holds fewer than 32 bytes.");
        return SecretKey::from(ByteView(file->content).first(SecretKey::size));
    }
    const std::string path = server_key_path();
    if (auto key = read_server_key(path)) return std::move(*key);
    make_server_key(path);
    if (auto key = read_server_key(path)) return std::move(*key);
    throw Error(Errc::internal, "cannot make the key that signs identities")
        .detail("pg_dynshmem in the data directory cannot be written.");
}

}  // namespace

const SecretKey &ticket_key() {
    // Never destroyed: a backend may leave through exit() at any moment.
    static SecretKey *key = nullptr;
    if (key == nullptr) key = new SecretKey(load());
    return *key;
}

}  // namespace vvault::pg
