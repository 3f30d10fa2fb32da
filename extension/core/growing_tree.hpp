// The ledger's tree while leaves are appended to it: of each level only the tile
// that is not full yet, from which the root follows. A tile that becomes full is
// handed out once, for good, and its root goes into the level above. Where tiles
// are kept is not known here.
#pragma once

#include <functional>
#include <vector>

#include "ledger_tiles.hpp"

namespace vvault {

struct FullTile {
    unsigned level = 0;
    std::uint64_t index = 0;
    Bytes hashes;     // 256 of 32 bytes
    Bytes entry_ids;  // at level 0, 256 of 16 bytes; else empty
};

class GrowingTree {
public:
    using Keeper = std::function<void(FullTile &&)>;

    // The hashes of one level that no full tile holds, with the ids of their entries at level
    // 0. Errc::internal when they are not as many as a tree of `size` leaves has there.
    struct Edge {
        Bytes hashes;
        Bytes entry_ids;
    };
    GrowingTree(std::uint64_t size, std::vector<Edge> edges, Keeper keeper);

    void append(const Uuid &entry, const Digest &leaf);

    std::uint64_t size() const noexcept { return size_; }
    Digest root() const;
    const std::vector<Edge> &edges() const noexcept { return edges_; }

private:
    void close_full_tiles();

    std::uint64_t size_;
    std::vector<Edge> edges_;  // one a level, the lowest first
    Keeper keeper_;
};

}  // namespace vvault
