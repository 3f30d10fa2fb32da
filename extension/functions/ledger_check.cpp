// The whole tree recomputed from its leaves: every tile above them and the root of every
// checkpoint. Reads a tile at a time, so its memory does not grow with the ledger.
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/ledger_tiles.hpp"
#include "core/merkle.hpp"
#include "pg/datum.hpp"
#include "pg/ledger_tree.hpp"

using namespace vvault;
using namespace vvault::pg;

namespace {

constexpr std::size_t findings_limit = 10;

struct Finding {
    std::uint64_t position;
    std::string detail;
};

class Findings {
public:
    void add(std::uint64_t position, std::string detail) {
        if (found_.size() < findings_limit) found_.push_back({position, std::move(detail)});
    }
    // The details need no escaping: they are sentences of our own with numbers in them.
    std::string json() const {
        std::string text = "[";
        for (const Finding &one : found_)
            text += std::string(text.size() > 1 ? "," : "") +
                    "{\"position\":" + std::to_string(one.position) + ",\"detail\":\"" +
                    one.detail + "\"}";
        return text + "]";
    }

private:
    std::vector<Finding> found_;
};

struct KnownRoot {
    std::uint64_t size;
    Digest root;
};

// The checkpoints in order of size, some at a time.
class Checkpoints {
public:
    explicit Checkpoints(std::uint64_t from) : last_(from) {}

    const KnownRoot *next() {
        if (at_ == some_.size()) read();
        return at_ < some_.size() ? &some_[at_] : nullptr;
    }
    void advance() { ++at_; }

private:
    void read() {
        static constexpr std::array types = {Oid{INT8OID}};
        static Statement statement{
            "SELECT c.size, c.root FROM vvault.ledger_checkpoints c"
            " WHERE c.size OPERATOR(pg_catalog.>) $1 ORDER BY c.size LIMIT 1000",
            types};
        std::array values = {Int64GetDatum(static_cast<int64>(last_))};
        connect();
        const std::uint64_t rows = execute(statement, {values}, Sees::pinned);
        some_.assign(rows, {});
        at_ = 0;
        for (std::uint64_t row = 0; row < rows; ++row) {
            some_[row].size = static_cast<std::uint64_t>(DatumGetInt64(value_at(row, 1).datum));
            const ByteView root = bytes_of(value_at(row, 2).datum);
            if (root.size() == some_[row].root.size())
                std::copy(root.begin(), root.end(), some_[row].root.begin());
        }
        finish();
        if (rows > 0) last_ = some_.back().size;
    }

    std::uint64_t last_;
    std::vector<KnownRoot> some_;
    std::size_t at_ = 0;
};

// The hashes of a tile as they are stored, or nothing.
std::optional<Bytes> stored_tile(unsigned level, std::uint64_t tile) {
    static constexpr std::array types = {Oid{INT4OID}, Oid{INT8OID}};
    static Statement statement{
        "SELECT pg_catalog.substr(t.content, 1, 8192) FROM vvault.ledger_tiles t"
        " WHERE t.level OPERATOR(pg_catalog.=) $1 AND t.index OPERATOR(pg_catalog.=) $2",
        types};
    std::array values = {Int32GetDatum(static_cast<int>(level)),
                         Int64GetDatum(static_cast<int64>(tile))};
    connect();
    std::optional<Bytes> hashes;
    if (execute(statement, {values}, Sees::pinned) > 0) {
        const ByteView stored = bytes_of(value_at(0, 1).datum);
        hashes.emplace(stored.begin(), stored.end());
    }
    finish();
    return hashes;
}

// The hashes of a level, from an index on, that are in no full tile.
Bytes stored_tail(std::uint64_t first, unsigned level = 0) {
    static constexpr std::array types = {Oid{INT4OID}, Oid{INT8OID}};
    static Statement statement{
        "SELECT t.hash FROM vvault.ledger_tail t WHERE t.level OPERATOR(pg_catalog.=) $1"
        " AND t.index OPERATOR(pg_catalog.>=) $2 ORDER BY t.index",
        types};
    std::array values = {Int32GetDatum(static_cast<int>(level)),
                         Int64GetDatum(static_cast<int64>(first))};
    connect();
    Bytes hashes;
    const std::uint64_t rows = execute(statement, {values}, Sees::pinned);
    for (std::uint64_t row = 0; row < rows; ++row)
        vvault::append(hashes, bytes_of(value_at(row, 1).datum));
    finish();
    return hashes;
}

class TreeCheck {
public:
    TreeCheck(std::uint64_t from, Findings &findings)
        : findings_(findings), checkpoints_(from), first_(from), next_(from) {
        connect();
        leaves_ = ledger_leaf_count();
        if (from > 0) frontier_ = merkle::Frontier(from, ledger_node);
        finish();
    }

    void run() {
        const std::uint64_t tiles = leaves_ / tile_width;
        for (std::uint64_t tile = first_ / tile_width; tile < tiles; ++tile) {
            check_for_interrupts();
            const auto hashes = stored_tile(0, tile);
            if (!hashes || hashes->size() != tile_width * sizeof(Digest)) {
                findings_.add(tile * tile_width, "tile " + std::to_string(tile) +
                                                     " of the leaves is missing or cut short");
                return;
            }
            append(*hashes);
            complete(1, tile, slice_root(*hashes));
        }
        const Bytes tail = stored_tail(tiles * tile_width);
        if (tail.size() != leaves_ % tile_width * sizeof(Digest)) {
            findings_.add(tiles * tile_width, "a leaf behind the last full tile is missing");
            return;
        }
        append(tail);
        check_edges(tiles);
        check_ends(tiles);
    }

private:
    void append(ByteView hashes) {
        for (std::size_t at = 0; at < hashes.size(); at += sizeof(Digest)) {
            Digest leaf;
            std::copy_n(hashes.begin() + at, leaf.size(), leaf.begin());
            frontier_.append(leaf);
            ++next_;
            check_root();
        }
    }

    void check_root() {
        const KnownRoot *known = checkpoints_.next();
        if (known == nullptr || known->size != next_) return;
        if (frontier_.root() != known->root)
            findings_.add(next_, "the root of checkpoint " + std::to_string(next_) +
                                     " is not that of the leaves before it");
        last_root_ = next_;
        checkpoints_.advance();
    }

    // A tile above the leaves is the roots of those below. One that was begun before `first_`
    // is not wholly seen.
    void complete(unsigned level, std::uint64_t below, const Digest &root) {
        Bytes &open = open_[level];
        if (open.empty() && below % tile_width != 0) return;
        vvault::append(open, root);
        if (open.size() < tile_width * sizeof(Digest)) return;
        const std::uint64_t tile = below / tile_width;
        const auto stored = stored_tile(level, tile);
        if (!stored || *stored != open)
            findings_.add(tile << (tile_height * (level + 1)),
                          "tile " + std::to_string(tile) + " of level " + std::to_string(level) +
                              (stored ? " is not made of the tiles below" : " is missing"));
        const Digest above = slice_root(open);
        open.clear();
        complete(level + 1, tile, above);
    }

    // What is wrong here would only make proofs wrong, until the tile is full.
    void check_edges(std::uint64_t tiles) {
        for (const auto &[level, open] : open_) {
            const std::uint64_t first = (tiles >> (tile_height * level)) * tile_width;
            if (!open.empty() && stored_tail(first, level) != open)
                findings_.add(leaves_, "the tail of level " + std::to_string(level) +
                                           " is not made of the tiles below");
        }
    }

    void check_ends(std::uint64_t tiles) {
        if (const KnownRoot *beyond = checkpoints_.next())
            findings_.add(leaves_, "checkpoint " + std::to_string(beyond->size) +
                                       " has more leaves than the tables, " +
                                       std::to_string(leaves_));
        else if (last_root_ < leaves_ && first_ < leaves_)
            findings_.add(last_root_, "there are leaves behind the newest checkpoint, " +
                                          std::to_string(leaves_ - last_root_));
        static Statement statement{
            "SELECT t.level, t.index FROM vvault.ledger_tiles t"
            " WHERE t.index OPERATOR(pg_catalog.=)"
            " (SELECT pg_catalog.max(u.index) FROM vvault.ledger_tiles u"
            "   WHERE u.level OPERATOR(pg_catalog.=) t.level)",
            {}};
        connect();
        const std::uint64_t rows = execute(statement, {}, Sees::pinned);
        for (std::uint64_t row = 0; row < rows; ++row) {
            const auto level = static_cast<unsigned>(DatumGetInt32(value_at(row, 1).datum));
            const auto last = static_cast<std::uint64_t>(DatumGetInt64(value_at(row, 2).datum));
            if (last >= tiles >> (tile_height * level))
                findings_.add(leaves_, "tile " + std::to_string(last) + " of level " +
                                           std::to_string(level) + " has no leaves");
        }
        finish();
    }

    Findings &findings_;
    Checkpoints checkpoints_;
    std::uint64_t first_;
    std::uint64_t next_;
    std::uint64_t leaves_ = 0;
    std::uint64_t last_root_ = 0;  // the size of the last checkpoint that was met
    merkle::Frontier frontier_;
    std::map<unsigned, Bytes> open_;
};

}  // namespace

// _ledger_check_tree("from" bigint) → text: a JSON array of what is wrong; "from" is a
// multiple of 256 up to which the tree is taken as it is
VVAULT_FUNCTION(vvault_ledger_check_tree) {
    Findings findings;
    const auto from = static_cast<std::uint64_t>(PG_GETARG_INT64(0)) / tile_width * tile_width;
    TreeCheck(from, findings).run();
    return text_datum(findings.json());
}
