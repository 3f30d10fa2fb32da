#include <algorithm>

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/datum.hpp"
#include "pg/identity.hpp"
#include "pg/settings.hpp"
#include "pg/ticket_key.hpp"

namespace vvault::pg {

namespace {

// A ticket dies with its transaction anyway; the limit is for one that hangs.
constexpr std::int64_t lifetime_us = std::int64_t{3600} * 1000 * 1000;

struct Verified {
    Identity identity;
    bool valid = false;
    unsigned long change = 0;
    TimestampTz transaction_start = 0;
};

// Never destroyed: a backend may leave through exit() at any moment.
Verified &verified() {
    static Verified *state = new Verified;
    return *state;
}

const Identity *provisional = nullptr;

TicketBinding binding() {
    const PGPROC *leader = MyProc->lockGroupLeader ? MyProc->lockGroupLeader : MyProc;
    return {.database = MyDatabaseId,
            .transaction_start_us = unix_microseconds(GetCurrentTransactionStartTimestamp()),
            .leader_pid = leader->pid};
}

std::int64_t now_us() {
    return unix_microseconds(GetCurrentStatementStartTimestamp());
}

}  // namespace

const Identity *current_identity() {
    if (provisional) return provisional;
    if (!IsTransactionState()) return nullptr;
    Verified &state = verified();
    const TimestampTz start = GetCurrentTransactionStartTimestamp();
    if (state.change != ticket_changes() || state.transaction_start != start) {
        state.valid = false;
        if (*ticket_text() != '\0') {
            auto identity = verify_ticket(ticket_text(), binding(), now_us(), ticket_key().view());
            if (identity) {
                state.identity = std::move(*identity);
                state.valid = true;
            }
        }
        state.change = ticket_changes();
        state.transaction_start = start;
    }
    return state.valid ? &state.identity : nullptr;
}

const Identity &require_identity(Scopes needed) {
    const Identity *identity = current_identity();
    if (!identity) throw Error(Errc::not_identified, "no identity in this transaction");
    if (identity->bound && (needed & scope::of_people) != 0)
        throw Error(Errc::not_permitted, "a token of a runtime environment may not do this")
            .detail("It decides who reaches what, and the token is bound to a runtime environment.")
            .hint("Use a token that is bound to none.");
    if ((identity->scopes & needed) != needed)
        throw Error(Errc::not_permitted, "the token does not have the scope for this")
            .detail("Needed: \"" + scope_names(needed & ~identity->scopes).front() + "\".")
            .hint("Use a token that was created with this scope.");
    return *identity;
}

int access_to(const Uuid &owner, const std::optional<Uuid> &construct) {
    const Identity *identity = current_identity();
    if (!identity) return access_none;
    if (identity->user == owner && !identity->bound) return access_own;
    if (!construct) return access_none;
    // Granted to the person, and perhaps to groups that the person is in: the strongest counts.
    int strongest = access_none;
    for (const GrantedConstruct &grant : identity->grants)
        if (grant.owner == owner && grant.construct == *construct && grant.until_us > now_us())
            strongest = std::max<int>(strongest, grant.role);
    return strongest;
}

bool may_use_keys_of(const Uuid &owner) {
    const Identity *identity = current_identity();
    if (!identity) return false;
    if (identity->user == owner && !identity->bound) return true;
    for (const GrantedConstruct &grant : identity->grants)
        if (grant.owner == owner && grant.until_us > now_us()) return true;
    return false;
}

void set_identity(const Identity &identity) {
    const std::string ticket =
        sign_ticket(identity, binding(), now_us() + lifetime_us, ticket_key().view());
    set_local_ticket(ticket.c_str());
    // What was just signed here need not be verified here. Whatever else becomes of the setting
    // (a SET, a rollback to a savepoint, the end of the transaction) counts as another change.
    verified() = {identity, true, ticket_changes(), GetCurrentTransactionStartTimestamp()};
}

ProvisionalIdentity::ProvisionalIdentity(const Identity &identity) {
    provisional = &identity;
}

ProvisionalIdentity::~ProvisionalIdentity() {
    provisional = nullptr;
}

}  // namespace vvault::pg
