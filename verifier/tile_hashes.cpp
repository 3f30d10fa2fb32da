#include "tile_hashes.hpp"

#include <algorithm>

#include "core/merkle.hpp"

namespace verifier {

using vvault::ByteView;
using vvault::Digest;
using vvault::tile_width;

TileHashes::TileHashes(const TileDirectory &directory, const vvault::Checkpoint &checkpoint,
                       const std::set<std::uint64_t> &sizes_of_interest)
    : directory_(directory), size_(checkpoint.size) {
    vvault::merkle::Frontier frontier;
    const auto note_root = [&] {
        if (sizes_of_interest.contains(frontier.size()))
            roots_.emplace(frontier.size(), frontier.root());
    };
    note_root();
    while (frontier.size() < size_) {
        frontier.append(leaf(frontier.size()));
        note_root();
        if (frontier.size() % tile_width == 0) check_above(frontier.size() / tile_width - 1);
    }
    if (!fault_ && frontier.root() != checkpoint.root)
        fault_ = "the tiles' hashes are not those of the checkpoint";
}

Digest TileHashes::leaf(std::uint64_t position) {
    Digest digest;
    const ByteView bytes = hash(0, position);
    std::copy(bytes.begin(), bytes.end(), digest.begin());
    return digest;
}

ByteView TileHashes::hash(unsigned level, std::uint64_t index) {
    const std::uint64_t number = index / tile_width;
    auto [at, is_new] = last_read_.try_emplace(level);
    Tile &tile = at->second;
    if (is_new || tile.number != number) {
        tile.hashes = directory_.hashes(level, number, vvault::width_of_tile(level, number, size_));
        tile.number = number;
    }
    return ByteView(tile.hashes).subspan(index % tile_width * 32, 32);
}

// A full tile's root is a hash of the level above, whose tile may now be full in turn.
void TileHashes::check_above(std::uint64_t leaf_tile) {
    std::uint64_t below = leaf_tile;
    for (unsigned level = 1;; ++level) {
        const Digest root = vvault::slice_root(last_read_.at(level - 1).hashes);
        const ByteView written = hash(level, below);
        if (!fault_ && !std::equal(root.begin(), root.end(), written.begin(), written.end()))
            fault_ = "hash " + std::to_string(below % tile_width) + " of " +
                     vvault::tile_path_text({.level = level, .tile = below / tile_width}) +
                     ", or of a last part of it, is not the root of " +
                     vvault::tile_path_text({.level = level - 1, .tile = below});
        if (below % tile_width != tile_width - 1) return;
        below /= tile_width;
    }
}

}  // namespace verifier
