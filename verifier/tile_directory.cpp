#include "tile_directory.hpp"

#include <fstream>
#include <iterator>

#include "verdict.hpp"

namespace verifier {

namespace {

using vvault::Bytes;
using vvault::ByteView;
using vvault::tile_width;
using vvault::TilePath;

constexpr std::size_t hash_size = std::tuple_size_v<vvault::Digest>;

std::optional<Bytes> content_of(const std::filesystem::path &path, std::size_t most) {
    if (!std::filesystem::is_regular_file(path)) return std::nullopt;
    if (std::filesystem::file_size(path) > most)
        throw Unusable("a file of the tiles has more than " + std::to_string(most) + " bytes");
    std::ifstream file(path, std::ios::binary);
    Bytes content{std::istreambuf_iterator<char>(file), {}};
    if (file.bad()) throw Unusable("a file of the tiles cannot be read");
    return content;
}

}  // namespace

std::string TileDirectory::checkpoint() const {
    const auto content = content_of(directory_ / "checkpoint", 1u << 20);
    if (!content) throw Unusable("the folder holds no checkpoint");
    return std::string(vvault::as_text(*content));
}

TileDirectory::File TileDirectory::read(const TilePath &path, std::size_t most) const {
    TilePath wider = path;
    for (; wider.width <= tile_width; ++wider.width) {
        const std::string name = tile_path_text(wider);
        if (auto content = content_of(directory_ / name, most))
            return {name, std::move(*content), wider.width == path.width};
    }
    throw NotVerified(tile_path_text(path) + " is missing");
}

Bytes TileDirectory::hashes(unsigned level, std::uint64_t tile, unsigned width) const {
    File file = read({.level = level, .tile = tile, .width = width}, tile_width * hash_size);
    const std::size_t size = width * hash_size;
    if (file.content.size() < size || (file.is_exact && file.content.size() > size))
        throw NotVerified(file.name + " has " + std::to_string(file.content.size()) +
                          " bytes and not " + std::to_string(size));
    file.content.resize(size);
    return std::move(file.content);
}

std::vector<Bytes> TileDirectory::entries(std::uint64_t tile, unsigned width) const {
    const File file = read({.level = std::nullopt, .tile = tile, .width = width},
                           tile_width * (2 + std::size_t{65535}));
    std::vector<Bytes> entries;
    ByteView rest = file.content;
    const auto take = [&](std::size_t size) {
        if (rest.size() < size)
            throw NotVerified(file.name + " ends within entry " +
                              std::to_string(tile * tile_width + entries.size()));
        const ByteView taken = rest.first(size);
        rest = rest.subspan(size);
        return taken;
    };
    while (entries.size() < width) {
        const ByteView input = take(vvault::read_be16(take(2)));
        entries.emplace_back(input.begin(), input.end());
    }
    if (file.is_exact && !rest.empty())
        throw NotVerified(file.name + " goes on after its last entry");
    return entries;
}

}  // namespace verifier
