#include "pg/ledger_partitions.hpp"

#include <array>
#include <chrono>

#include "core/error.hpp"
#include "core/uuid.hpp"
#include "pg/datum.hpp"
#include "pg/direct_rows.hpp"

extern "C" {
#include "access/table.h"
#include "partitioning/partbounds.h"
#include "partitioning/partdesc.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
}

namespace vvault::pg {

namespace {

// What ends in _now is plain C, since errors of the backend jump over it.

// Enough for two centuries of months; older ones have been archived by then.
constexpr int partitions_limit = 2400;

struct Found {
    std::array<LedgerPartition, partitions_limit> partitions;
    int count;
};

Oid partition_for_now(Oid table, int month) {
    Relation relation = table_open(table, AccessShareLock);
    PartitionKey key = RelationGetPartitionKey(relation);
    PartitionDesc partitions = RelationGetPartitionDesc(relation, true);
    Oid found = InvalidOid;
    if (key != nullptr && partitions->nparts > 0) {
        PartitionBoundInfo bounds = partitions->boundinfo;
        bool is_equal = false;
        const int offset = partition_list_bsearch(key->partsupfunc, key->partcollation, bounds,
                                                  Int32GetDatum(month), &is_equal);
        const int place = offset >= 0 && is_equal ? bounds->indexes[offset] : bounds->default_index;
        if (place >= 0) found = partitions->oids[place];
    }
    table_close(relation, NoLock);
    return found;
}

Oid primary_key_now(Oid table) {
    Relation relation = table_open(table, AccessShareLock);
#if PG_VERSION_NUM >= 180000
    const Oid index = RelationGetPrimaryKeyIndex(relation, false);
#else
    const Oid index = RelationGetPrimaryKeyIndex(relation);
#endif
    table_close(relation, NoLock);
    return index;
}

// They are kept in the order of their bounds.
void find_partitions_now(Oid table, Found *found) {
    Relation relation = table_open(table, AccessShareLock);
    PartitionDesc partitions = RelationGetPartitionDesc(relation, true);
    const int other = partitions->nparts > 0 ? partitions->boundinfo->default_index : -1;
    found->count = 0;
    for (int i = partitions->nparts - 1; i >= 0 && found->count < partitions_limit - 1; --i)
        if (i != other) found->partitions[found->count++].table = partitions->oids[i];
    if (other >= 0) found->partitions[found->count++].table = partitions->oids[other];
    table_close(relation, NoLock);
    for (int i = 0; i < found->count; ++i)
        found->partitions[i].streams = primary_key_now(found->partitions[i].table);
}

}  // namespace

int month_of(const Uuid &entry) {
    using namespace std::chrono;
    const sys_time<milliseconds> moment{milliseconds{uuid_unix_ms(entry)}};
    const year_month_day date{floor<days>(moment)};
    return static_cast<int>(date.year()) * 100 + static_cast<int>(unsigned{date.month()});
}

LedgerPartition partition_for(int month) {
    const Oid table = call(partition_for_now, relation_named("ledger_entries"), month);
    if (!OidIsValid(table))
        throw Error(Errc::internal, "the ledger has no place for entries of this month")
            .hint("Run SELECT vvault.migrate().");
    return {table, call(primary_key_now, table)};
}

std::vector<LedgerPartition> ledger_partitions() {
    static Found found;
    call(find_partitions_now, relation_named("ledger_entries"), &found);
    return {found.partitions.begin(), found.partitions.begin() + found.count};
}

}  // namespace vvault::pg
