#include "growing_tree.hpp"

#include <utility>

#include "error.hpp"
#include "merkle.hpp"

namespace vvault {

namespace {

constexpr std::size_t hash_size = std::tuple_size_v<Digest>;
constexpr std::size_t id_size = std::tuple_size_v<Uuid>;

std::uint64_t tiles_of(unsigned level, std::uint64_t size) {
    return size >> (tile_height * (level + 1));
}

unsigned levels_of(std::uint64_t size) {
    unsigned levels = 1;
    while (levels < 8 && size >> (tile_height * levels) != 0) ++levels;
    return levels;
}

}  // namespace

GrowingTree::GrowingTree(std::uint64_t size, std::vector<Edge> edges, Keeper keeper)
    : size_(size), edges_(std::move(edges)), keeper_(std::move(keeper)) {
    if (edges_.size() < levels_of(size)) edges_.resize(levels_of(size));
    for (unsigned level = 0; level < edges_.size(); ++level) {
        const unsigned width = level < 8 ? width_of_tile(level, tiles_of(level, size), size) : 0;
        const std::size_t ids = level == 0 ? width * id_size : 0;
        if (edges_[level].hashes.size() != width * hash_size ||
            edges_[level].entry_ids.size() != ids)
            throw Error(Errc::internal, "the edge of the ledger's tree does not fit its size")
                .detail("Level " + std::to_string(level) + " of a tree of " + std::to_string(size) +
                        " leaves.");
    }
}

void GrowingTree::append(const Uuid &entry, const Digest &leaf) {
    vvault::append(edges_[0].hashes, leaf);
    vvault::append(edges_[0].entry_ids, entry);
    ++size_;
    if (size_ % tile_width == 0) close_full_tiles();
}

void GrowingTree::close_full_tiles() {
    for (unsigned level = 0; edges_[level].hashes.size() == tile_width * hash_size; ++level) {
        FullTile tile{level, tiles_of(level, size_) - 1, {}, {}};
        std::swap(tile.hashes, edges_[level].hashes);
        std::swap(tile.entry_ids, edges_[level].entry_ids);
        if (level + 1 == edges_.size()) edges_.emplace_back();
        vvault::append(edges_[level + 1].hashes, slice_root(tile.hashes));
        keeper_(std::move(tile));
    }
}

// The subtrees at the right edge of a tree lie in the tiles that are not full.
Digest GrowingTree::root() const {
    return merkle::root(size_, [this](unsigned height, std::uint64_t index) {
        const TileSlice slice = tile_slice(height, index);
        return slice_root(ByteView(edges_.at(slice.level).hashes)
                              .subspan(slice.first * hash_size, slice.count * hash_size));
    });
}

}  // namespace vvault
