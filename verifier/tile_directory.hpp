// A folder in the layout of C2SP tlog-tiles: checkpoint, tile/<level>/<n> with hashes,
// tile/entries/<n> with leaf inputs. A file may have grown since the tree was of the
// size that is asked for; what it begins with is what it was.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/ledger_tiles.hpp"

namespace verifier {

class TileDirectory {
public:
    explicit TileDirectory(std::filesystem::path directory) : directory_(std::move(directory)) {}

    // Throws Unusable when there is none.
    std::string checkpoint() const;

    // Exactly width * 32 bytes. Throws NotVerified when the tile is not there or too short.
    vvault::Bytes hashes(unsigned level, std::uint64_t tile, unsigned width) const;
    // The leaf inputs of the tile's first entries. Throws NotVerified likewise.
    std::vector<vvault::Bytes> entries(std::uint64_t tile, unsigned width) const;

private:
    struct File {
        std::string name;
        vvault::Bytes content;
        bool is_exact;  // has no more than was asked for
    };

    std::filesystem::path directory_;

    File read(const vvault::TilePath &path, std::size_t most) const;
};

}  // namespace verifier
