#include "pg/ledger_relations.hpp"

#include <algorithm>
#include <array>
#include <cstring>

extern "C" {
#include "access/genam.h"
#include "access/table.h"
#include "catalog/catalog.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_amop_d.h"
#include "catalog/pg_amproc_d.h"
#include "catalog/pg_attrdef_d.h"
#include "catalog/pg_attribute_d.h"
#include "catalog/pg_class_d.h"
#include "catalog/pg_constraint_d.h"
#include "catalog/pg_depend_d.h"
#include "catalog/pg_index_d.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace_d.h"
#include "catalog/pg_opclass_d.h"
#include "catalog/pg_partitioned_table_d.h"
#include "catalog/pg_policy_d.h"
#include "catalog/pg_proc_d.h"
#include "catalog/pg_rewrite_d.h"
#include "catalog/pg_subscription_rel_d.h"
#include "catalog/pg_trigger_d.h"
#include "storage/bufmgr.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
}

namespace vvault::pg {

namespace {

constexpr const char *schema = "vvault";
constexpr const char *entries_table = "ledger_entries";
constexpr const char *entries_guard = "ledger_entries_guard";

struct NamedPart {
    const char *name;
    LedgerPart part;
};
constexpr std::array<NamedPart, 8> tables = {{{entries_table, LedgerPart::entries},
                                              {"ledger_tiles", LedgerPart::sealed},
                                              {"ledger_checkpoints", LedgerPart::checkpoints},
                                              {"ledger_signing_keys", LedgerPart::sealed},
                                              {"ledger_stream_heads", LedgerPart::sealed},
                                              {"ledger_archives", LedgerPart::sealed},
                                              {"ledger_state", LedgerPart::working},
                                              {"ledger_tail", LedgerPart::working}}};

struct Remembered {
    Oid relation;  // InvalidOid: nothing
    LedgerPart part;
};
std::array<Remembered, 256> memory = {};
unsigned long changes = 0;

Remembered &place_of(Oid relation) {
    return memory[relation % memory.size()];
}

// Runs inside the backend's own code: neither throws nor raises.
void relation_changed(Datum, Oid relation) {
    ++changes;
    if (relation == InvalidOid)
        memory.fill({});
    else
        place_of(relation) = {};
}

LedgerPart part_by_name(Oid relation) {
    if (get_rel_namespace(relation) != vault_schema()) return LedgerPart::none;
    const char *name = get_rel_name(relation);
    if (name != nullptr)
        for (const NamedPart &table : tables)
            if (std::strcmp(table.name, name) == 0) return table.part;
    return LedgerPart::none;
}

// Of the table itself or of whatever it is a partition or child of.
LedgerPart part_by_descent(Oid relation) {
    check_stack_depth();
    LedgerPart part = part_by_name(relation);
    if (part != LedgerPart::none) return part;
    ScanKeyData key;
    ScanKeyInit(&key, Anum_pg_inherits_inhrelid, BTEqualStrategyNumber, F_OIDEQ,
                ObjectIdGetDatum(relation));
    Relation catalog = table_open(InheritsRelationId, AccessShareLock);
    SysScanDesc scan =
        systable_beginscan(catalog, InheritsRelidSeqnoIndexId, true, nullptr, 1, &key);
    for (HeapTuple row = systable_getnext(scan); part == LedgerPart::none && HeapTupleIsValid(row);
         row = systable_getnext(scan))
        part = part_by_descent(reinterpret_cast<Form_pg_inherits>(GETSTRUCT(row))->inhparent);
    systable_endscan(scan);
    table_close(catalog, AccessShareLock);
    return part;
}

LedgerPart look_up(Oid relation) {
    if (!OidIsValid(vault_schema())) return LedgerPart::none;
    const char kind = get_rel_relkind(relation);
    if (kind == RELKIND_INDEX || kind == RELKIND_PARTITIONED_INDEX)
        relation = IndexGetRelation(relation, true);
    return OidIsValid(relation) ? part_by_descent(relation) : LedgerPart::none;
}

Oid entries_relation() {
    const Oid home = vault_schema();
    return OidIsValid(home) ? get_relname_relid(entries_table, home) : InvalidOid;
}

constexpr std::array catalogs_of_tables = {AccessMethodRelationId,
                                           AccessMethodOperatorRelationId,
                                           AccessMethodProcedureRelationId,
                                           AttrDefaultRelationId,
                                           AttributeRelationId,
                                           ConstraintRelationId,
                                           DependRelationId,
                                           IndexRelationId,
                                           InheritsRelationId,
                                           NamespaceRelationId,
                                           OperatorClassRelationId,
                                           PartitionedRelationId,
                                           PolicyRelationId,
                                           ProcedureRelationId,
                                           RelationRelationId,
                                           RewriteRelationId,
                                           SubscriptionRelRelationId,
                                           TriggerRelationId};

}  // namespace

void watch_ledger_relations() {
    CacheRegisterRelcacheCallback(relation_changed, 0);
}

bool known_as_no_ledger(Oid relation) {
    const Remembered &known = place_of(relation);
    return known.relation == relation && known.part == LedgerPart::none;
}

LedgerPart ledger_part(Oid relation) {
    if (!OidIsValid(relation)) return LedgerPart::none;
    const Remembered known = place_of(relation);
    if (known.relation == relation) return known.part;
    const unsigned long before = changes;
    const LedgerPart part = look_up(relation);
    // What changed meanwhile may have changed this.
    if (before == changes) place_of(relation) = {relation, part};
    return part;
}

LedgerPart ledger_part_of_name(const RangeVar *name, Oid *relation) {
    if (name->schemaname == nullptr && OidIsValid(vault_schema())) {
        *relation = get_relname_relid(name->relname, vault_schema());
        const LedgerPart part = ledger_part(*relation);
        if (part != LedgerPart::none) return part;
    }
    *relation = RangeVarGetRelid(name, NoLock, true);
    return ledger_part(*relation);
}

Oid vault_schema() {
    return get_namespace_oid(schema, true);
}

bool database_has_ledger() {
    return OidIsValid(entries_relation());
}

bool ledger_is_set_up() {
    const Oid entries = entries_relation();
    return OidIsValid(entries) && OidIsValid(get_trigger_oid(entries, entries_guard, true));
}

namespace {

// A restore makes them one after the other.
bool months_have_keys(Oid entries) {
    List *months = find_all_inheritors(entries, AccessShareLock, nullptr);
    bool all = list_length(months) > 1;
    for (int i = 1; i < list_length(months); ++i) {
        Relation month = table_open(list_nth_oid(months, i), NoLock);
        list_free(RelationGetIndexList(month));
        all = all && OidIsValid(month->rd_pkindex);
        table_close(month, NoLock);
    }
    list_free(months);
    return all;
}

}  // namespace

bool ledger_takes_entries() {
    const Oid entries = entries_relation();
    if (!OidIsValid(entries)) return false;
    return months_have_keys(entries) &&
           OidIsValid(get_relname_relid("ledger_stream_heads_pkey", vault_schema())) &&
           OidIsValid(get_relname_relid("installation_only_one_key", vault_schema()));
}

bool holds_no_rows(Oid table) {
    List *family = find_all_inheritors(table, AccessShareLock, nullptr);
    bool empty = true;
    ListCell *cell;
    foreach (cell, family) {
        Relation member = table_open(lfirst_oid(cell), NoLock);
        empty = empty && (!RELKIND_HAS_STORAGE(member->rd_rel->relkind) ||
                          RelationGetNumberOfBlocks(member) == 0);
        table_close(member, NoLock);
    }
    list_free(family);
    return empty;
}

bool is_vault_function(Oid function) {
    const Oid home = vault_schema();
    return OidIsValid(home) && get_func_namespace(function) == home;
}

bool is_catalog_of_tables(Oid relation) {
    return std::find(catalogs_of_tables.begin(), catalogs_of_tables.end(), relation) !=
           catalogs_of_tables.end();
}

}  // namespace vvault::pg
