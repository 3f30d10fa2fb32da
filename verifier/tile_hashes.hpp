// The leaf hashes that tiles hold, and whether they are those of the checkpoint. If
// they are, each entry can be compared by itself, and the altered one be named; if
// they are not, the fault is kept until the entries have been looked at. One tile of
// each level is in memory.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/checkpoint.hpp"
#include "tile_directory.hpp"

namespace verifier {

class TileHashes {
public:
    // Reads all of them once. Throws NotVerified when one is missing.
    TileHashes(const TileDirectory &directory, const vvault::Checkpoint &checkpoint,
               const std::set<std::uint64_t> &sizes_of_interest);

    // Nothing when the tiles are those of the checkpoint.
    const std::optional<std::string> &fault() const { return fault_; }
    // By the tiles, at the sizes of interest.
    const vvault::Digest &root_at(std::uint64_t size) const { return roots_.at(size); }

    vvault::Digest leaf(std::uint64_t position);

private:
    const TileDirectory &directory_;
    std::uint64_t size_;
    std::optional<std::string> fault_;
    std::map<std::uint64_t, vvault::Digest> roots_;

    struct Tile {
        std::uint64_t number = 0;
        vvault::Bytes hashes;
    };
    std::map<unsigned, Tile> last_read_;  // by level

    vvault::ByteView hash(unsigned level, std::uint64_t index);
    void check_above(std::uint64_t leaf_tile);
};

}  // namespace verifier
