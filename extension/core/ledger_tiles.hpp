// Where the nodes of the tree are kept: tiles of 256 hashes, as C2SP tlog-tiles
// cuts them. Tile n of level l holds the nodes n * 256 … n * 256 + 255 of height
// 8 * l; the heights between are computed. Addresses and their texts only: what
// keeps the tiles, a table or a folder, is not known here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bytes.hpp"

namespace vvault {

constexpr unsigned tile_height = 8;
constexpr unsigned tile_width = 1u << tile_height;

// The hashes of one tile that a node is the root of: one for a node that is stored.
struct TileSlice {
    unsigned level = 0;
    std::uint64_t tile = 0;
    unsigned first = 0;
    unsigned count = 1;

    bool operator==(const TileSlice &) const = default;
};
TileSlice tile_slice(unsigned height, std::uint64_t index);

// The root over hashes of 32 bytes, one after the other. Their number is a power of
// two, else Errc::invalid_argument.
Digest slice_root(ByteView hashes);

// How many hashes the tile has when the tree has `size` leaves: 0 … 256.
unsigned width_of_tile(unsigned level, std::uint64_t tile, std::uint64_t size);

// A tile of hashes, or a bundle of 256 leaves, by the path that tlog-tiles gives it:
// tile/0/x001/x234/067, tile/3/005.p/17, tile/entries/x001/000.
struct TilePath {
    std::optional<unsigned> level;  // none: a bundle of entries
    std::uint64_t tile = 0;
    unsigned width = tile_width;  // 1 … 256

    bool operator==(const TilePath &) const = default;
};
std::string tile_path_text(const TilePath &path);
// The one text of a path and no other spelling; levels go up to 63, as the standard says.
std::optional<TilePath> tile_path_from_text(std::string_view text);

}  // namespace vvault
