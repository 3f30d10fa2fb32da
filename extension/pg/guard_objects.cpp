#include "pg/guard_objects.hpp"

#include "pg/ledger_permit.hpp"
#include "pg/ledger_relations.hpp"

extern "C" {
#include "access/genam.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/index.h"
#include "catalog/pg_class_d.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_namespace_d.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_proc_d.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "commands/extension.h"
#include "nodes/parsenodes.h"
#include "utils/acl.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
}

namespace vvault::pg {

namespace {

constexpr const char *sealer = "vvault_sealer";
constexpr AclMode changes = ACL_UPDATE | ACL_DELETE;
constexpr AclMode writes = ACL_INSERT | changes;

// Of the catalogs whose rows belong to a table.
struct TablesCatalog {
    Oid catalog;
    Oid index;
    AttrNumber id;
    Oid (*table)(HeapTuple row);
};

Oid table_of_trigger(HeapTuple row) {
    return reinterpret_cast<Form_pg_trigger>(GETSTRUCT(row))->tgrelid;
}
Oid table_of_policy(HeapTuple row) {
    return reinterpret_cast<Form_pg_policy>(GETSTRUCT(row))->polrelid;
}
Oid table_of_rule(HeapTuple row) {
    return reinterpret_cast<Form_pg_rewrite>(GETSTRUCT(row))->ev_class;
}
Oid table_of_constraint(HeapTuple row) {
    return reinterpret_cast<Form_pg_constraint>(GETSTRUCT(row))->conrelid;
}

constexpr TablesCatalog tables_catalogs[] = {
    {TriggerRelationId, TriggerOidIndexId, Anum_pg_trigger_oid, table_of_trigger},
    {PolicyRelationId, PolicyOidIndexId, Anum_pg_policy_oid, table_of_policy},
    {RewriteRelationId, RewriteOidIndexId, Anum_pg_rewrite_oid, table_of_rule},
    {ConstraintRelationId, ConstraintOidIndexId, Anum_pg_constraint_oid, table_of_constraint}};

// InvalidOid for what belongs to no table.
Oid table_of(Oid catalog, Oid object) {
    for (const TablesCatalog &one : tables_catalogs) {
        if (one.catalog != catalog) continue;
        ScanKeyData key;
        ScanKeyInit(&key, one.id, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(object));
        Relation relation = table_open(catalog, AccessShareLock);
        SysScanDesc scan = systable_beginscan(relation, one.index, true, nullptr, 1, &key);
        HeapTuple row = systable_getnext(scan);
        const Oid table = HeapTupleIsValid(row) ? one.table(row) : InvalidOid;
        systable_endscan(scan);
        table_close(relation, AccessShareLock);
        return table;
    }
    return InvalidOid;
}

bool is_sealer(Oid role) {
    const Oid known = get_role_oid(sealer, true);
    return OidIsValid(known) && role == known;
}

bool may_sealer(LedgerPart part, AclMode privileges) {
    switch (part) {
        case LedgerPart::working:
            return true;
        case LedgerPart::checkpoints:
            return (privileges & ACL_DELETE) == 0;
        case LedgerPart::sealed:
            return (privileges & changes) == 0;
        default:
            return false;
    }
}

// As in the middle of a restore.
bool is_not_in_use(Oid table) {
    return !ledger_is_set_up() && holds_no_rows(table);
}

bool is_index(Oid relation) {
    const char kind = get_rel_relkind(relation);
    return kind == RELKIND_INDEX || kind == RELKIND_PARTITIONED_INDEX;
}

bool is_harmful_relation_drop(Oid relation) {
    if (ledger_part(relation) == LedgerPart::none) return false;
    if (is_index(relation)) {
        // One that only makes something faster may go.
        if (!OidIsValid(get_index_constraint(relation))) return false;
        relation = IndexGetRelation(relation, true);
    }
    return OidIsValid(relation) && !may_archive(relation) && !is_not_in_use(relation);
}

}  // namespace

bool write_needs_judgement(const IntendedWrite &write) {
    if ((write.privileges & writes) == 0) return false;
    if (write.relation < FirstNormalObjectId) return is_catalog_of_tables(write.relation);
    return !known_as_no_ledger(write.relation);
}

bool is_harmful_write(const IntendedWrite *write) {
    if (write->relation < FirstNormalObjectId) return !creating_extension && database_has_ledger();
    const LedgerPart part = ledger_part(write->relation);
    if (part == LedgerPart::none) return false;
    if (is_sealer(write->role) && may_sealer(part, write->privileges)) return false;
    return (write->privileges & changes) != 0 || !is_not_in_use(write->relation);
}

bool is_harmful_truncate(Oid table) {
    if (table < FirstNormalObjectId) return is_catalog_of_tables(table) && database_has_ledger();
    const LedgerPart part = ledger_part(table);
    if (part == LedgerPart::none) return false;
    return !(part == LedgerPart::working && is_sealer(GetUserId())) && !is_not_in_use(table);
}

bool drop_needs_judgement(Oid catalog) {
    if (catalog == RelationRelationId || catalog == ProcedureRelationId) return true;
    for (const TablesCatalog &one : tables_catalogs)
        if (one.catalog == catalog) return true;
    return false;
}

bool is_harmful_drop(const ObjectAddressed *dropped, bool drops_extension) {
    if (dropped->catalog == ProcedureRelationId)
        return !drops_extension && !creating_extension && is_vault_function(dropped->object) &&
               ledger_is_set_up();
    if (dropped->catalog == RelationRelationId) return is_harmful_relation_drop(dropped->object);
    const Oid table = table_of(dropped->catalog, dropped->object);
    if (ledger_part(table) == LedgerPart::none || may_archive(table)) return false;
    if (dropped->catalog == TriggerRelationId || dropped->catalog == PolicyRelationId)
        if (drops_extension) return false;
    if (dropped->catalog == PolicyRelationId && may_apply_schema()) return false;
    return !is_not_in_use(table);
}

bool is_harmful_change(const ObjectAddressed *changed) {
    if (creating_extension || !ledger_is_set_up()) return false;
    if (changed->catalog == NamespaceRelationId) return changed->object == vault_schema();
    return changed->catalog == ProcedureRelationId && is_vault_function(changed->object);
}

void name_of_object(const ObjectAddressed *object, char (*name)[NAMEDATALEN]) {
    const char *found = nullptr;
    if (object->catalog == ProcedureRelationId)
        found = get_func_name(object->object);
    else if (object->catalog == NamespaceRelationId)
        found = get_namespace_name(object->object);
    else if (object->catalog == RelationRelationId)
        found = get_rel_name(object->object);
    else
        found = get_rel_name(table_of(object->catalog, object->object));
    strlcpy(*name, found == nullptr ? "?" : found, NAMEDATALEN);
}

}  // namespace vvault::pg
