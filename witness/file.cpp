#include "file.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace witness {

namespace {

[[noreturn]] void fail(const std::filesystem::path &path) {
    throw std::system_error(errno, std::generic_category(), path.string());
}

class Descriptor {
public:
    Descriptor(const std::filesystem::path &path, int flags)
        : path_(path), number_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {
        if (number_ < 0) fail(path);
    }
    ~Descriptor() { ::close(number_); }
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;

    void write(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t written = ::write(number_, bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) fail(path_);
            bytes.remove_prefix(static_cast<std::size_t>(written));
        }
    }
    void sync() const {
        if (::fsync(number_) != 0) fail(path_);
    }
    off_t size() const {
        struct stat status {};
        if (::fstat(number_, &status) != 0) fail(path_);
        return status.st_size;
    }
    bool cut(off_t size) const { return ::ftruncate(number_, size) == 0; }

private:
    const std::filesystem::path &path_;
    int number_;
};

void sync_folder_of(const std::filesystem::path &path) {
    const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    Descriptor(folder, O_RDONLY | O_DIRECTORY).sync();
}

}  // namespace

void replace_file(const std::filesystem::path &path, std::string_view content) {
    auto draft = path;
    draft += ".new";
    {
        const Descriptor file(draft, O_WRONLY | O_CREAT | O_TRUNC);
        file.write(content);
        file.sync();
    }
    std::filesystem::rename(draft, path);
    sync_folder_of(path);
}

void append_to_file(const std::filesystem::path &path, std::string_view content) {
    const Descriptor file(path, O_WRONLY | O_CREAT | O_APPEND);
    const off_t before = file.size();
    try {
        file.write(content);
        file.sync();
    } catch (...) {
        file.cut(before);
        throw;
    }
    if (before == 0) sync_folder_of(path);
}

}  // namespace witness
