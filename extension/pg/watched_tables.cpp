#include <array>
#include <cstring>

#include "pg/boundary.hpp"
#include "pg/watched_tables.hpp"

extern "C" {
#include "catalog/namespace.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
}

namespace vvault::pg {

namespace {

struct WatchedTable {
    const char *entity;  // as the ledger's trigger names it
    const char *table;
    Oid relation;
};

std::array<WatchedTable, 7> tables = {{{"data_key", "data_keys", InvalidOid},
                                       {"token", "tokens", InvalidOid},
                                       {"user", "users", InvalidOid},
                                       {"grant", "construct_grants", InvalidOid},
                                       {"group_member", "group_members", InvalidOid},
                                       {"group_grant", "group_grants", InvalidOid},
                                       {"runtime_construct", "runtime_constructs", InvalidOid}}};
bool resolved = false;
unsigned long epoch = 1;
bool made_here = false;

// The callbacks run inside the backend's own code: they neither throw nor raise.
void relation_changed(Datum, Oid relation) {
    for (const WatchedTable &watched : tables)
        if (relation == InvalidOid || relation == watched.relation) {
            ++epoch;
            resolved = false;  // the table may be another one by now
            return;
        }
}

void transaction_ended(XactEvent event, void *) {
    // Whether what was prepared is ever committed is another session's affair.
    if ((event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE) && made_here) ++epoch;
    if (event == XACT_EVENT_ABORT || event == XACT_EVENT_COMMIT || event == XACT_EVENT_PREPARE)
        made_here = false;
}

void subtransaction_ended(SubXactEvent event, SubTransactionId, SubTransactionId, void *) {
    if (event == SUBXACT_EVENT_ABORT_SUB && made_here) ++epoch;
}

Oid table_id(const char *name) {
    return get_relname_relid(name, get_namespace_oid("vvault", false));
}

}  // namespace

void watch_tables() {
    CacheRegisterRelcacheCallback(relation_changed, 0);
    RegisterXactCallback(transaction_ended, nullptr);
    RegisterSubXactCallback(subtransaction_ended, nullptr);
}

unsigned long watched_epoch() {
    call(AcceptInvalidationMessages);
    if (!resolved) {
        for (WatchedTable &watched : tables) watched.relation = call(table_id, watched.table);
        resolved = true;
    }
    return epoch;
}

bool voids_memory(const char *entity, bool is_new_row) {
    // Each file has a key of its own. That one was made voids nothing: nobody remembers that
    // it was missing, and its maker forgets it if the transaction fails.
    if (is_new_row && std::strcmp(entity, "data_key") == 0) return false;
    for (const WatchedTable &watched : tables)
        if (std::strcmp(watched.entity, entity) == 0) return true;
    return false;
}

void announce_change(Oid relation) {
    call(CacheInvalidateRelcacheByRelid, relation);
}

void forget_if_this_fails() {
    made_here = true;
}

}  // namespace vvault::pg
