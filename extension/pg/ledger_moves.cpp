#include "pg/ledger_moves.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "pg/datum.hpp"
#include "pg/ledger_new_entries.hpp"
#include "pg/ledger_tree.hpp"

extern "C" {
#include "access/xlog.h"
}

namespace vvault::pg {

namespace {

// A tile is unpacked whole: a part of one is a read of its own.
#define SEALED_LEAVES                                                          \
    "WITH sealed AS MATERIALIZED ("                                            \
    " SELECT t.\"index\" * 256 + i AS position,"                               \
    "        encode(substr(t.content, 8193 + i * 16, 16), 'hex')::uuid AS id," \
    "        substr(t.content, i * 32 + 1, 32) AS leaf"                        \
    "   FROM (SELECT \"index\", content || ''::bytea AS content"               \
    "           FROM vvault.ledger_tiles WHERE level = 0 OFFSET 0) AS t,"      \
    "        generate_series(0, 255) AS i"                                     \
    " UNION ALL SELECT \"index\", entry_id, hash FROM vvault.ledger_tail WHERE level = 0) "

// An id begins with its time in milliseconds; what was archived is known by its month.
Statement first_contradiction{
    SEALED_LEAVES
    "SELECT s.position, s.id, e.id IS NULL"
    "  FROM sealed AS s LEFT JOIN vvault.ledger_entries AS e ON e.id = s.id"
    " WHERE e.leaf_hash <> s.leaf"
    "    OR (e.id IS NULL AND to_char(to_timestamp("
    "            ('x' || substr(replace(s.id::text, '-', ''), 1, 12))::bit(48)::bigint / 1000.0)"
    "            AT TIME ZONE 'UTC', 'YYYYMM')::integer"
    "        NOT IN (SELECT a.month FROM vvault.ledger_archives AS a))"
    " ORDER BY s.position LIMIT 1",
    {}};

Statement not_in_tree{SEALED_LEAVES
                      "SELECT e.id, e.leaf_hash, e.user_id, e.stream_id, e.stream_seq, e.xid"
                      "  FROM vvault.ledger_entries AS e WHERE NOT EXISTS (SELECT FROM sealed AS s "
                      "WHERE s.id = e.id)",
                      {}};

// What this very transaction wrote is the next batch's.
Statement newest_id{
    "SELECT id FROM vvault.ledger_entries"
    " WHERE xid IS DISTINCT FROM pg_current_xact_id_if_assigned()::text::bigint"
    " ORDER BY id DESC LIMIT 1",
    {}};
Statement newest_root{"SELECT root, size FROM vvault.ledger_checkpoints ORDER BY size DESC LIMIT 1",
                      {}};

// Sealing asks the summary index; a comparison of everything must not, row by row.
void read_whole_tables() {
    call(set_config_option, "enable_seqscan", "on", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL,
         true, 0, false);
}

std::int64_t this_system() {
    return static_cast<std::int64_t>(GetSystemIdentifier());
}

std::int64_t this_timeline() {
#if PG_VERSION_NUM >= 150000
    return GetWALInsertionTimeLine();
#else
    return ThisTimeLineID;
#endif
}

std::string wrong_root(const LedgerState &state) {
    const bool any = execute(newest_root, {}, Sees::pinned) == 1;
    if (!any && state.size == 0) return {};
    if (!any) return "There is no checkpoint of the tree.";
    const ByteView bytes = bytes_of(value_at(0, 1).datum);
    const Bytes root(bytes.begin(), bytes.end());
    if (DatumGetInt64(value_at(0, 2).datum) != static_cast<int64>(state.size))
        return "The newest checkpoint is of another size than the tree.";
    const GrowingTree tree(state.size, stored_edges(), {});
    if (!std::ranges::equal(root, tree.root()))
        return "The newest checkpoint has another root than the tree.";
    return {};
}

}  // namespace

Move move_since(const LedgerState &state, const LedgerSnapshot &now) {
    if (state.system_identifier != this_system() || state.snapshot.end() > now.end())
        return Move::cluster;
    return state.timeline == this_timeline() ? Move::none : Move::timeline;
}

std::string contradiction(const LedgerState &state, Move move) {
    if (std::string wrong = wrong_root(state); !wrong.empty()) return wrong;
    read_whole_tables();
    if (move != Move::cluster || state.size == 0) return {};
    if (execute(first_contradiction, {}, Sees::pinned) == 0) return {};
    return "Sealed entry " + uuid_text(uuid_of(value_at(0, 2).datum)) + ", position " +
           std::to_string(DatumGetInt64(value_at(0, 1).datum)) +
           (DatumGetBool(value_at(0, 3).datum) ? ", is missing." : ", was altered.");
}

std::vector<NewEntry> unsettled_entries() {
    read_whole_tables();
    return entries_of_others(not_in_tree);
}

void leave_out_settled(std::vector<NewEntry> &entries, const LedgerState &state) {
    if (!state.floor) return;
    std::erase_if(entries, [&state](const NewEntry &entry) {
        return entry.id <= *state.floor && find_leaf(entry.id, 0, state.size);
    });
}

void settle_in(LedgerState &state, Move move) {
    state.system_identifier = this_system();
    state.timeline = this_timeline();
    if (move != Move::cluster) return;
    ++state.era;
    if (execute(newest_id, {}, Sees::pinned) == 1) state.floor = uuid_of(value_at(0, 1).datum);
}

}  // namespace vvault::pg
