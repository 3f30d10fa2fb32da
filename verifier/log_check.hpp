// Entry after entry against a signed checkpoint: leaf, payload, stream, and the tree
// at the end; of a person's own export each entry's proof instead of the tree. Keeps
// the tree's right edge, one tile a level and the last entry of each stream, however
// long the log is.
#pragma once

#include <optional>
#include <vector>

#include "core/checkpoint.hpp"
#include "core/merkle.hpp"
#include "entry.hpp"
#include "streams.hpp"
#include "tile_hashes.hpp"

namespace verifier {

struct Evidence {
    vvault::Checkpoint checkpoint;
    // Kept from earlier, each signed too.
    std::vector<vvault::Checkpoint> witnessed = {};
    // From the one witnessed checkpoint, for an export of less than everything.
    std::optional<std::vector<vvault::Digest>> consistency = {};
    // Of the first entry that is there; beyond 0 the tiles must tell of those before.
    std::uint64_t from = 0;
    // Some of the entries, such as a month that was archived: the tiles judge each.
    bool is_part = false;
};

struct Summary {
    std::uint64_t entries = 0;
    std::uint64_t payloads = 0;
    std::size_t streams = 0;
    std::size_t persons = 0;
    bool of_a_person = false;
    bool is_part = false;
};

class LogCheck {
public:
    // Throws what add() throws.
    LogCheck(Evidence evidence, const TileDirectory *tiles);

    // Throws NotVerified, naming the first entry that is not as it was signed, and
    // Unusable for what cannot be judged.
    void add(const Entry &entry);
    Summary finish();

private:
    enum class Kind { unknown, whole, of_a_person };

    Evidence evidence_;
    std::optional<TileHashes> tiles_;
    Kind kind_ = Kind::unknown;
    Streams streams_;
    vvault::merkle::Frontier frontier_;
    std::uint64_t next_position_;
    // The first entry that the tiles have another hash for, while those are not trusted.
    std::optional<std::uint64_t> differs_;
    std::uint64_t proven_size_ = 0;  // the last witnessed tree that was met on the way
    Summary summary_;

    bool trusts_tiles() const { return tiles_ && !tiles_->fault(); }
    bool begins_later() const { return evidence_.is_part || evidence_.from > 0; }
    bool rebuilds_tree() const { return kind_ == Kind::whole && !begins_later(); }
    void check_witnesses_against_checkpoint() const;
    void check_position(const Entry &entry) const;
    void check_fields(const Entry &entry, const vvault::Digest &leaf);
    void check_place(const Entry &entry, const vvault::Digest &leaf);
    void grow(const vvault::Digest &leaf);
    void check_end() const;
    void check_witnesses_without_tree() const;
};

}  // namespace verifier
