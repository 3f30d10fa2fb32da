#include "site.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "text.hpp"

namespace gateway {

namespace {

constexpr std::size_t largest_site = std::size_t{32} << 20;

struct Type {
    std::string_view ending;
    std::string_view content_type;
};

constexpr std::array types = {
    Type{".html", "text/html; charset=utf-8"},
    Type{".js", "text/javascript; charset=utf-8"},
    Type{".css", "text/css; charset=utf-8"},
    Type{".json", "application/json"},
    Type{".txt", "text/plain; charset=utf-8"},
    Type{".svg", "image/svg+xml"},
    Type{".png", "image/png"},
    Type{".ico", "image/x-icon"},
    Type{".woff2", "font/woff2"},
};

std::string content_type(const std::filesystem::path &file) {
    for (const auto &type : types)
        if (file.extension() == type.ending) return std::string(type.content_type);
    return "application/octet-stream";
}

std::string contents(const std::filesystem::path &file) {
    std::ifstream in(file, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (!in) throw std::invalid_argument("VVAULT_DEMO_DIR has a file that cannot be read");
    return bytes;
}

}  // namespace

Site::Site(const std::string &folder) {
    if (folder.empty()) return;
    try {
        std::size_t size = 0;
        for (const auto &entry : std::filesystem::recursive_directory_iterator(folder)) {
            // No link leads out of the folder, and nothing hidden is meant for browsers.
            const auto path = entry.path().lexically_relative(folder).generic_string();
            const bool hidden = path.starts_with('.') || path.find("/.") != std::string::npos;
            if (entry.is_symlink() || !entry.is_regular_file() || hidden) continue;
            size += entry.file_size();
            if (size > largest_site)
                throw std::invalid_argument("VVAULT_DEMO_DIR holds more than 32 MiB");
            auto bytes = contents(entry.path());
            auto etag = "\"" + sha256_hex(bytes) + "\"";
            files_.emplace(path,
                           SiteFile{content_type(entry.path()), std::move(bytes), std::move(etag)});
        }
    } catch (const std::filesystem::filesystem_error &) {
        throw std::invalid_argument("VVAULT_DEMO_DIR is no folder that can be read");
    }
    if (!find("index.html"))
        throw std::invalid_argument("VVAULT_DEMO_DIR has no index.html; has the page been built?");
}

const SiteFile *Site::find(std::string_view path) const {
    const auto found = files_.find(path);
    return found == files_.end() ? nullptr : &found->second;
}

}  // namespace gateway
