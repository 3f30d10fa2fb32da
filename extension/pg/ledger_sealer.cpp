#include "pg/ledger_sealer.hpp"

#include <algorithm>
#include <string>

#include "core/error.hpp"
#include "core/ledger_order.hpp"
#include "pg/datum.hpp"
#include "pg/ledger_moves.hpp"
#include "pg/ledger_new_entries.hpp"
#include "pg/ledger_signing.hpp"
#include "pg/ledger_tree.hpp"
#include "pg/system_events.hpp"

extern "C" {
#include "access/xlog.h"
#include "tcop/utility.h"
}

namespace vvault::pg {

namespace {

constexpr Oid checkpoint_types[] = {INT8OID, BYTEAOID, TEXTOID, INT4OID, TEXTOID};
Statement add_checkpoint{
    "INSERT INTO vvault.ledger_checkpoints (size, root, snapshot, era, note, sealed_at)"
    " VALUES ($1, $2, $3::pg_snapshot, $4, $5, clock_timestamp())",
    checkpoint_types};

constexpr Oid size_types[] = {INT8OID};
constexpr Oid note_types[] = {INT8OID, TEXTOID};

// What was published must be there after a crash, and all that it stands on.
void commit_durably() {
    if (synchronous_commit < SYNCHRONOUS_COMMIT_REMOTE_FLUSH)
        call(set_config_option, "synchronous_commit", "on", PGC_USERSET, PGC_S_SESSION,
             GUC_ACTION_LOCAL, true, 0, false);
}

void keep_checkpoint(const Digest &root, LedgerState &state) {
    const auto note = sign_checkpoint(root, state);
    Datum values[] = {Int64GetDatum(static_cast<int64>(state.size)), bytea_datum(root),
                      text_datum(state.snapshot.text()), Int32GetDatum(state.era),
                      note ? text_datum(*note) : 0};
    execute(add_checkpoint, {values, note ? "     " : "    n"}, Sees::transaction);
}

Statement newest_unsigned{
    "SELECT root FROM vvault.ledger_checkpoints WHERE size = $1 AND note IS NULL", size_types};
Statement add_note{
    "UPDATE vvault.ledger_checkpoints SET note = $2 WHERE size = $1 AND note IS NULL", note_types};

// The key may have come since.
void sign_late(LedgerState &state) {
    Datum values[] = {Int64GetDatum(static_cast<int64>(state.size)), 0};
    if (execute(newest_unsigned, {{values, 1}}, Sees::transaction) != 1) return;
    Digest root{};
    std::ranges::copy(bytes_of(value_at(0, 1).datum).first(root.size()), root.begin());
    const auto note = sign_checkpoint(root, state);
    if (!note) return;
    values[1] = text_datum(*note);
    execute(add_note, {values}, Sees::transaction);
    commit_durably();
    save_ledger_state(state);
}

void grow(const std::vector<NewEntry> &entries, LedgerState &state) {
    GrowingTree tree(state.size, stored_edges(), keep_tile);
    for (const NewEntry &entry : entries) tree.append(entry.id, entry.leaf);
    save_edges(state.size, tree);
    state.size = tree.size();
    keep_checkpoint(tree.root(), state);
}

void put_in_tree(std::vector<NewEntry> &entries, LedgerState &state) {
    put_in_order(entries);
    commit_durably();
    grow(entries, state);
    save_ledger_state(state);
}

Statement is_follower{
    "SELECT FROM pg_subscription_rel"
    " WHERE srrelid = 'vvault.ledger_state'::regclass LIMIT 1",
    {}};

// What another server seals, or is about to, comes from there: two trees would be a fork.
void require_writes() {
    call(PreventCommandDuringRecovery, "vvault.ledger_seal()");
    call(PreventCommandIfReadOnly, "vvault.ledger_seal()");
    if (execute(is_follower, {}, Sees::transaction) > 0)
        throw Error(Errc::not_permitted, "the ledger is sealed elsewhere")
            .detail("A subscription brings its tables from another database.")
            .hint("Seal there; to go on here instead, drop the subscription first.");
}

std::optional<std::uint64_t> stop(LedgerState &state, const std::string &reason, Busy busy) {
    if (busy == Busy::wait)
        throw Error(Errc::ledger_forked, "the ledger contradicts what was sealed").detail(reason);
    if (state.stopped.empty()) {
        state.stopped = reason;
        save_ledger_state(state);
    }
    return std::nullopt;
}

// The rest of a transaction that opens with what the tables and the tree say.
void go_on(LedgerState &state, Move move) {
    const LedgerSnapshot now = pinned_ledger_snapshot();
    std::vector<NewEntry> entries =
        move == Move::cluster ? unsettled_entries() : new_entries(state.snapshot, now);
    if (move != Move::cluster) leave_out_settled(entries, state);
    if (move != Move::none) settle_in(state, move);
    if (!entries.empty()) {
        state.snapshot = now;
        put_in_tree(entries, state);
    } else if (move != Move::none) {
        state.snapshot = now;
        save_ledger_state(state);
    } else {
        sign_late(state);
    }
}

// What the new incarnation does not have of the old one, and why it is a new one.
std::string farewell(const std::optional<Checkpoint> &left, const LedgerState &state) {
    std::string payload = "{\"size\":" + std::to_string(state.size);
    if (left)
        payload += ",\"left_size\":" + std::to_string(left->size) + ",\"left_root\":\"" +
                   hex(left->root) + "\"";
    if (!state.stopped.empty()) payload += ",\"reason\":\"" + state.stopped + "\"";
    return payload + ",\"incarnation\":" + std::to_string(state.incarnation + 1) + "}";
}

}  // namespace

std::optional<std::uint64_t> seal_ledger(Busy busy) {
    require_writes();
    record_server_start();
    auto state = lock_ledger_state(busy);
    if (!state) return std::nullopt;
    if (!state->stopped.empty()) return stop(*state, state->stopped, busy);
    const PinnedSnapshot pinned;
    const Move move = move_since(*state, pinned_ledger_snapshot());
    if (move != Move::none)
        if (const std::string reason = contradiction(*state, move); !reason.empty())
            return stop(*state, reason, busy);
    go_on(*state, move);
    return state->size;
}

bool adopt_ledger(const std::optional<std::string> &note) {
    require_writes();
    LedgerState state = *lock_ledger_state(Busy::wait);
    std::optional<Checkpoint> left;
    if (note) left = open_checkpoint(*note, ledger_keys());
    const PinnedSnapshot pinned;
    const bool extends =
        left && left->size <= state.size && merkle::root(left->size, ledger_node) == left->root;
    if (state.stopped.empty() && (extends || !left)) return false;
    record_system_event("ledger.adopted", farewell(left, state));
    ++state.incarnation;
    state.stopped.clear();
    go_on(state, Move::cluster);
    return true;
}

}  // namespace vvault::pg
