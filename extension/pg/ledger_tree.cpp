#include <algorithm>
#include <array>
#include <string>

#include "core/error.hpp"
#include "core/ledger_tiles.hpp"
#include "pg/datum.hpp"
#include "pg/ledger_tree.hpp"

namespace vvault::pg {

namespace {

constexpr std::size_t hash_size = sizeof(Digest);
constexpr std::size_t id_size = sizeof(Uuid);

// The first column of the only row; the value lives until finish().
std::optional<ByteView> one_value(Statement &statement, std::span<Datum> values) {
    if (execute(statement, {values}, Sees::pinned) == 0) return std::nullopt;
    const Value value = value_at(0, 1);
    if (value.is_null) return std::nullopt;
    return bytes_of(value.datum);
}

// STORAGE EXTERNAL: a part of a tile is read without the rest of it.
std::optional<ByteView> stored_hashes(const TileSlice &slice) {
    static constexpr std::array types = {Oid{INT4OID}, Oid{INT8OID}, Oid{INT4OID}, Oid{INT4OID}};
    static Statement statement{
        "SELECT pg_catalog.substr(t.content, $3, $4) FROM vvault.ledger_tiles t"
        " WHERE t.level OPERATOR(pg_catalog.=) $1 AND t.index OPERATOR(pg_catalog.=) $2",
        types};
    std::array values = {Int32GetDatum(static_cast<int>(slice.level)),
                         Int64GetDatum(static_cast<int64>(slice.tile)),
                         Int32GetDatum(static_cast<int>(slice.first * hash_size + 1)),
                         Int32GetDatum(static_cast<int>(slice.count * hash_size))};
    const auto hashes = one_value(statement, values);
    if (hashes && hashes->size() != slice.count * hash_size)
        throw Error(Errc::ledger_forked, "a tile of the ledger is cut short")
            .detail("Tile " + std::to_string(slice.tile) + " of level " +
                    std::to_string(slice.level) + ".");
    return hashes;
}

Error missing(unsigned level, std::uint64_t index) {
    return Error(Errc::ledger_forked, "a part of the ledger's tree is missing")
        .detail("Node " + std::to_string(index) + " of level " + std::to_string(level) +
                " is neither in a tile nor in the tail.");
}

Bytes slice_hashes(const TileSlice &slice) {
    if (const auto stored = stored_hashes(slice)) return {stored->begin(), stored->end()};
    static constexpr std::array types = {Oid{INT4OID}, Oid{INT8OID}, Oid{INT8OID}};
    static Statement statement{
        "SELECT t.hash FROM vvault.ledger_tail t WHERE t.level OPERATOR(pg_catalog.=) $1"
        " AND t.index OPERATOR(pg_catalog.>=) $2 AND t.index OPERATOR(pg_catalog.<) $3"
        " ORDER BY t.index",
        types};
    const std::uint64_t first = slice.tile * tile_width + slice.first;
    std::array values = {Int32GetDatum(static_cast<int>(slice.level)),
                         Int64GetDatum(static_cast<int64>(first)),
                         Int64GetDatum(static_cast<int64>(first + slice.count))};
    const std::uint64_t rows = execute(statement, {values}, Sees::pinned);
    Bytes hashes;
    for (std::uint64_t row = 0; row < rows; ++row) append(hashes, bytes_of(value_at(row, 1).datum));
    if (hashes.size() != slice.count * hash_size)
        throw missing(slice.level, first + hashes.size() / hash_size);
    return hashes;
}

std::optional<std::uint64_t> find_in_tail(const Uuid &entry) {
    static constexpr std::array types = {Oid{UUIDOID}};
    static Statement statement{
        "SELECT t.index FROM vvault.ledger_tail t WHERE t.level OPERATOR(pg_catalog.=) 0"
        " AND t.entry_id OPERATOR(pg_catalog.=) $1 ORDER BY t.index LIMIT 1",
        types};
    std::array values = {uuid_datum(entry)};
    if (execute(statement, {values}, Sees::pinned) == 0) return std::nullopt;
    return static_cast<std::uint64_t>(DatumGetInt64(value_at(0, 1).datum));
}

// The ids of the leaves first … first + count - 1 of a tile of leaves; nothing where the tile
// is not stored.
Bytes tile_ids(std::uint64_t tile, unsigned first, unsigned count) {
    static constexpr std::array types = {Oid{INT8OID}, Oid{INT4OID}, Oid{INT4OID}};
    static Statement statement{
        "SELECT pg_catalog.substr(t.content, $2, $3) FROM vvault.ledger_tiles t"
        " WHERE t.level OPERATOR(pg_catalog.=) 0 AND t.index OPERATOR(pg_catalog.=) $1",
        types};
    std::array values = {
        Int64GetDatum(static_cast<int64>(tile)),
        Int32GetDatum(static_cast<int>(tile_width * hash_size + first * id_size + 1)),
        Int32GetDatum(static_cast<int>(count * id_size))};
    const auto ids = one_value(statement, values);
    return ids ? Bytes{ids->begin(), ids->end()} : Bytes{};
}

std::optional<std::uint64_t> find_in_tile(const Uuid &entry, std::uint64_t tile) {
    const Bytes ids = tile_ids(tile, 0, tile_width);
    for (std::size_t at = 0; at + id_size <= ids.size(); at += id_size)
        if (std::equal(entry.begin(), entry.end(), ids.begin() + at))
            return tile * tile_width + at / id_size;
    return std::nullopt;
}

bool begins_after(std::uint64_t tile, const Uuid &entry) {
    const Bytes first = tile_ids(tile, 0, 1);
    return first.size() != id_size ||
           std::lexicographical_compare(entry.begin(), entry.end(), first.begin(), first.end());
}

}  // namespace

Digest ledger_node(unsigned height, std::uint64_t index) {
    return slice_root(slice_hashes(tile_slice(height, index)));
}

Bytes ledger_tile(unsigned level, std::uint64_t tile, unsigned width) {
    return slice_hashes({level, tile, 0, width});
}

std::uint64_t ledger_leaf_count() {
    static Statement statement{
        "SELECT GREATEST("
        " (SELECT pg_catalog.max(t.index) OPERATOR(pg_catalog.+) 1 FROM vvault.ledger_tail t"
        "   WHERE t.level OPERATOR(pg_catalog.=) 0),"
        " (SELECT (t.index OPERATOR(pg_catalog.+) 1) OPERATOR(pg_catalog.*) 256"
        "    FROM vvault.ledger_tiles t WHERE t.level OPERATOR(pg_catalog.=) 0"
        "   ORDER BY t.index DESC LIMIT 1), 0)",
        {}};
    execute(statement, {}, Sees::pinned);
    return static_cast<std::uint64_t>(DatumGetInt64(value_at(0, 1).datum));
}

std::optional<std::uint64_t> find_leaf(const Uuid &entry, std::uint64_t from, std::uint64_t to) {
    if (from >= to) return std::nullopt;
    if (const auto position = find_in_tail(entry)) return position;
    const std::uint64_t first = from / tile_width;
    const std::uint64_t last = (to - 1) / tile_width;
    std::uint64_t middle = first;
    for (std::uint64_t beyond = last + 1; beyond - middle > 1;) {
        const std::uint64_t probe = middle + (beyond - middle) / 2;
        (begins_after(probe, entry) ? beyond : middle) = probe;
    }
    for (std::uint64_t step = 0; middle + step <= last || step <= middle - first; ++step) {
        check_for_interrupts();
        if (step <= middle - first)
            if (const auto position = find_in_tile(entry, middle - step)) return position;
        if (step > 0 && middle + step <= last)
            if (const auto position = find_in_tile(entry, middle + step)) return position;
    }
    return std::nullopt;
}

}  // namespace vvault::pg
