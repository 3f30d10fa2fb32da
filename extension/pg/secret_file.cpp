#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/secret_file.hpp"

namespace vvault::pg {

namespace {

constexpr std::size_t size_limit = 64 * 1024;

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    ~Descriptor() {
        if (number_ >= 0) close(number_);
    }
    int number() const { return number_; }

private:
    int number_;
};

std::string stamp_of(const struct stat &status) {
    return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) + ":" +
           std::to_string(status.st_size) + ":" + std::to_string(status.st_mtim.tv_sec) + "." +
           std::to_string(status.st_mtim.tv_nsec);
}

Error refused(const std::string &path, const char *reason) {
    return Error(Errc::root_key_refused, "key file \"" + path + "\" is refused").detail(reason);
}

// A base backup copies the data directory: a key in there would travel with the
// ciphertext that it opens.
bool lies_in_data_directory(const std::string &path) {
    const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr),
                                                           &std::free);
    const std::unique_ptr<char, decltype(&std::free)> data(realpath(DataDir, nullptr), &std::free);
    if (!real || !data) return false;
    const std::size_t length = std::strlen(data.get());
    return std::strncmp(real.get(), data.get(), length) == 0 && real.get()[length] == '/';
}

}  // namespace

std::string secret_file_stamp(const std::string &path) {
    struct stat status;
    return stat(path.c_str(), &status) == 0 ? stamp_of(status) : std::string();
}

std::optional<SecretFile> read_secret_file(const std::string &path) {
    // O_NONBLOCK: a FIFO put in the file's place must not hang the backend.
    const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.number() < 0) {
        if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
        throw refused(path, "The server's user cannot open it.");
    }
    struct stat status;
    if (fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode))
        throw refused(path, "It is not a plain file.");
    if (status.st_uid != geteuid() && status.st_uid != 0)
        throw refused(path, "It belongs to another user than the server's or root.");
    // A file of root's may be readable by the server's group, as with SSL keys.
    const mode_t forbidden = status.st_uid == 0 ? (S_IWGRP | S_IRWXO) : (S_IRWXG | S_IRWXO);
    if ((status.st_mode & forbidden) != 0)
        throw refused(path, "Its mode lets others than its owner at it.");
    if (lies_in_data_directory(path))
        throw refused(path, "It lies inside the data directory, so backups would carry it.");
    if (static_cast<std::size_t>(status.st_size) > size_limit)
        throw refused(path, "It is larger than 64 KiB.");

    SecretFile result{SecretBytes(size_limit), stamp_of(status)};
    std::size_t filled = 0;
    while (filled < result.content.size()) {
        const ssize_t count =
            read(file.number(), result.content.data() + filled, result.content.size() - filled);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw refused(path, "It cannot be read.");
        if (count == 0) break;
        filled += static_cast<std::size_t>(count);
    }
    result.content.resize(filled);
    return result;
}

}  // namespace vvault::pg
