#include "pg/ledger_sealer.hpp"

#include <algorithm>
#include <string>

#include "core/error.hpp"
#include "core/ledger_order.hpp"
#include "pg/datum.hpp"
#include "pg/ledger_new_entries.hpp"
#include "pg/ledger_signing.hpp"

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

}  // namespace

std::optional<std::uint64_t> seal_ledger(Busy busy) {
    call(PreventCommandDuringRecovery, "vvault.ledger_seal()");
    call(PreventCommandIfReadOnly, "vvault.ledger_seal()");
    auto state = lock_ledger_state(busy);
    if (!state) return std::nullopt;
    if (!state->stopped.empty())
        throw Error(Errc::ledger_forked, "the ledger is stopped").detail(state->stopped);
    const PinnedSnapshot pinned;
    const LedgerSnapshot now = pinned_ledger_snapshot();
    std::vector<NewEntry> entries = new_entries(state->snapshot, now);
    if (entries.empty()) {
        sign_late(*state);
        return state->size;
    }
    put_in_order(entries);
    commit_durably();
    state->snapshot = now;
    grow(entries, *state);
    save_ledger_state(*state);
    return state->size;
}

}  // namespace vvault::pg
