#include "pg/ledger_state.hpp"

#include <array>

#include "core/error.hpp"
#include "pg/datum.hpp"

extern "C" {
#include "storage/lock.h"
}

namespace vvault::pg {

namespace {

// Advisory locks of SQL have 1 or 2 in the tag's last field; see key_locks.cpp for the others.
constexpr uint16 ledger_sealing = 0x7678;

constexpr std::size_t hash_size = std::tuple_size_v<Digest>;

bool take_sealing_lock(Busy busy) {
    LOCKTAG tag;
    SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, 0, ledger_sealing);
    return call(LockAcquire, static_cast<const LOCKTAG *>(&tag), LOCKMODE{ExclusiveLock}, false,
                busy == Busy::give_up) != LOCKACQUIRE_NOT_AVAIL;
}

Statement lock_row{
    "SELECT size, snapshot::text, era, incarnation, system_identifier, timeline, floor_id,"
    "       announced_key, stopped"
    "  FROM vvault.ledger_state FOR UPDATE",
    {}};

constexpr Oid state_types[] = {INT8OID, TEXTOID, INT4OID, INT4OID, INT8OID,
                               INT8OID, UUIDOID, TEXTOID, TEXTOID};
Statement save_row{
    "UPDATE vvault.ledger_state SET size = $1, snapshot = $2::pg_snapshot, era = $3,"
    "       incarnation = $4, system_identifier = $5, timeline = $6, floor_id = $7,"
    "       announced_key = nullif($8, ''), stopped = nullif($9, '')",
    state_types};

Statement read_tail{
    "SELECT level, string_agg(hash, ''::bytea ORDER BY \"index\"),"
    "       string_agg(uuid_send(entry_id), ''::bytea ORDER BY \"index\")"
    "  FROM vvault.ledger_tail GROUP BY level",
    {}};

constexpr Oid cut_types[] = {INT4OID, INT8OID};
Statement cut_tail{"DELETE FROM vvault.ledger_tail WHERE level = $1 AND \"index\" < $2", cut_types};

// hash and id of the i-th row are cut out of all of them.
constexpr Oid extend_types[] = {INT4OID, INT8OID, BYTEAOID, BYTEAOID};
Statement extend_tail{
    "INSERT INTO vvault.ledger_tail (level, \"index\", hash, entry_id)"
    " SELECT $1, $2 + i, substr($3, i * 32 + 1, 32),"
    "        CASE WHEN $1 = 0 THEN encode(substr($4, i * 16 + 1, 16), 'hex')::uuid END"
    "   FROM generate_series(0, length($3) / 32 - 1) AS i",
    extend_types};

constexpr Oid tile_types[] = {INT4OID, INT8OID, BYTEAOID};
Statement add_tile{
    "INSERT INTO vvault.ledger_tiles (level, \"index\", content) VALUES ($1, $2, $3)", tile_types};

std::string text_or_empty(Value value) {
    return value.is_null ? std::string() : std::string(text_of(value.datum));
}

// The place, within its level, of the first hash that no full tile holds.
std::uint64_t edge_begin(unsigned level, std::uint64_t size) {
    const unsigned bits = tile_height * (level + 1);
    return bits < 64 ? (size >> bits) << tile_height : 0;
}

void save_edge(unsigned level, std::uint64_t old_size, const GrowingTree &tree) {
    const GrowingTree::Edge &edge = tree.edges()[level];
    const std::uint64_t begin = edge_begin(level, tree.size());
    std::uint64_t kept = width_of_tile(level, edge_begin(level, old_size) / tile_width, old_size);
    if (begin != edge_begin(level, old_size)) {
        Datum values[] = {Int32GetDatum(level), Int64GetDatum(begin)};
        execute(cut_tail, {values}, Sees::transaction);
        kept = 0;
    }
    const ByteView hashes = ByteView(edge.hashes).subspan(kept * hash_size);
    if (hashes.empty()) return;
    const ByteView ids =
        level == 0 ? ByteView(edge.entry_ids).subspan(kept * sizeof(Uuid)) : ByteView();
    Datum values[] = {Int32GetDatum(level), Int64GetDatum(begin + kept), bytea_datum(hashes),
                      bytea_datum(ids)};
    execute(extend_tail, {values}, Sees::transaction);
}

}  // namespace

std::optional<LedgerState> lock_ledger_state(Busy busy) {
    if (!take_sealing_lock(busy)) return std::nullopt;
    if (execute(lock_row, {}, Sees::transaction) != 1)
        throw Error(Errc::internal, "vvault.ledger_state has lost its row");
    LedgerState state;
    state.size = static_cast<std::uint64_t>(DatumGetInt64(value_at(0, 1).datum));
    state.snapshot = LedgerSnapshot::from_text(text_of(value_at(0, 2).datum));
    state.era = DatumGetInt32(value_at(0, 3).datum);
    state.incarnation = DatumGetInt32(value_at(0, 4).datum);
    if (const Value system = value_at(0, 5); !system.is_null)
        state.system_identifier = DatumGetInt64(system.datum);
    if (const Value timeline = value_at(0, 6); !timeline.is_null)
        state.timeline = DatumGetInt64(timeline.datum);
    if (const Value floor = value_at(0, 7); !floor.is_null) state.floor = uuid_of(floor.datum);
    state.announced_key = text_or_empty(value_at(0, 8));
    state.stopped = text_or_empty(value_at(0, 9));
    return state;
}

void save_ledger_state(const LedgerState &state) {
    Datum values[] = {Int64GetDatum(static_cast<int64>(state.size)),
                      text_datum(state.snapshot.text()),
                      Int32GetDatum(state.era),
                      Int32GetDatum(state.incarnation),
                      Int64GetDatum(state.system_identifier.value_or(0)),
                      Int64GetDatum(state.timeline),
                      state.floor ? uuid_datum(*state.floor) : 0,
                      text_datum(state.announced_key),
                      text_datum(state.stopped)};
    std::string nulls(std::size(values), ' ');
    if (!state.system_identifier) nulls[4] = nulls[5] = 'n';
    if (!state.floor) nulls[6] = 'n';
    execute(save_row, {values, nulls.c_str()}, Sees::transaction);
}

std::vector<GrowingTree::Edge> stored_edges() {
    std::vector<GrowingTree::Edge> edges;
    const std::uint64_t levels = execute(read_tail, {}, Sees::transaction);
    for (std::uint64_t row = 0; row < levels; ++row) {
        const auto level = static_cast<std::size_t>(DatumGetInt32(value_at(row, 1).datum));
        if (edges.size() <= level) edges.resize(level + 1);
        const ByteView hashes = bytes_of(value_at(row, 2).datum);
        edges[level].hashes.assign(hashes.begin(), hashes.end());
        if (const Value value = value_at(row, 3); !value.is_null) {
            const ByteView ids = bytes_of(value.datum);
            edges[level].entry_ids.assign(ids.begin(), ids.end());
        }
    }
    return edges;
}

void save_edges(std::uint64_t old_size, const GrowingTree &tree) {
    for (unsigned level = 0; level < tree.edges().size(); ++level) save_edge(level, old_size, tree);
}

void keep_tile(const FullTile &tile) {
    Bytes content = tile.hashes;
    append(content, tile.entry_ids);
    Datum values[] = {Int32GetDatum(tile.level), Int64GetDatum(static_cast<int64>(tile.index)),
                      bytea_datum(content)};
    execute(add_tile, {values}, Sees::transaction);
    // A batch may have thousands.
    call(pfree, DatumGetPointer(values[2]));
}

}  // namespace vvault::pg
