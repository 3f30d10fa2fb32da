#include "pg/guard_statements.hpp"

#include <cstring>

#include "pg/guard_tables.hpp"
#include "pg/ledger_relations.hpp"

extern "C" {
#include "access/genam.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_subscription_rel.h"
#include "commands/extension.h"
#include "nodes/parsenodes.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
}

namespace vvault::pg {

namespace {

constexpr const char *vault_name = "vvault";

StatementJudgement nothing() {
    return {};
}

StatementJudgement harmful(const char *subject) {
    StatementJudgement judgement = {};
    judgement.concerns_ledger = true;
    judgement.harmful = true;
    strlcpy(judgement.subject, subject, NAMEDATALEN);
    return judgement;
}

StatementJudgement harmful_if(bool condition, const char *subject) {
    return condition ? harmful(subject) : nothing();
}

bool is_of_ledger(const RangeVar *name) {
    Oid relation;
    return name != nullptr && ledger_part_of_name(name, &relation) != LedgerPart::none;
}

StatementJudgement harmful_to(const RangeVar *name) {
    return harmful_if(is_of_ledger(name), name == nullptr ? "" : name->relname);
}

// A policy that only lets more people read hides nothing: dumps bring such policies back.
StatementJudgement judge_new_policy(const CreatePolicyStmt *statement) {
    StatementJudgement judgement = harmful_to(statement->table);
    judgement.may_apply_schema = true;
    if (statement->permissive) judgement.harmful = false;
    return judgement;
}

StatementJudgement judge_rename(const RenameStmt *statement) {
    if (statement->renameType == OBJECT_SCHEMA)
        return harmful_if(std::strcmp(statement->subname, vault_name) == 0 && database_has_ledger(),
                          statement->subname);
    return harmful_to(statement->relation);
}

StatementJudgement judge_move(const AlterObjectSchemaStmt *statement) {
    const bool into_vault = std::strcmp(statement->newschema, vault_name) == 0;
    if (into_vault && ledger_is_set_up()) return harmful(statement->newschema);
    return harmful_to(statement->relation);
}

// Who reads the ledger through vvault.ledger_leaves must not read something else instead.
StatementJudgement judge_new_relation(const RangeVar *name) {
    if (creating_extension || !ledger_is_set_up()) return nothing();
    StatementJudgement judgement =
        harmful_if(RangeVarGetCreationNamespace(name) == vault_schema(), name->relname);
    judgement.may_apply_schema = true;
    return judgement;
}

StatementJudgement judge_create(const CreateStmt *statement, bool is_foreign) {
    const StatementJudgement judgement = judge_new_table(statement, is_foreign);
    return judgement.concerns_ledger ? judgement : judge_new_relation(statement->relation);
}

// While there is a ledger, the schema takes functions from the extension's scripts alone.
StatementJudgement judge_function(const CreateFunctionStmt *statement) {
    if (creating_extension || !ledger_is_set_up()) return nothing();
    char *name;
    const Oid home = QualifiedNameGetCreationNamespace(statement->funcname, &name);
    return harmful_if(home == vault_schema(), name);
}

StatementJudgement judge_label(const SecLabelStmt *statement) {
    if (statement->objtype != OBJECT_TABLE && statement->objtype != OBJECT_COLUMN) return nothing();
    List *names = list_copy(castNode(List, statement->object));
    if (statement->objtype == OBJECT_COLUMN) names = list_truncate(names, list_length(names) - 1);
    return names == NIL ? nothing() : harmful_to(makeRangeVarFromNameList(names));
}

bool owns_parts_of_vault(const RoleSpec *role) {
    static constexpr const char *owners[] = {"vvault_owner", "vvault_api", "vvault_sealer"};
    const Oid given = get_rolespec_oid(role, true);
    for (const char *owner : owners)
        if (OidIsValid(given) && given == get_role_oid(owner, true)) return true;
    return false;
}

StatementJudgement judge_reassignment(const ReassignOwnedStmt *statement) {
    if (!database_has_ledger()) return nothing();
    ListCell *cell;
    foreach (cell, statement->roles)
        if (owns_parts_of_vault(lfirst_node(RoleSpec, cell))) return harmful(vault_name);
    return nothing();
}

StatementJudgement judge_drop(const DropStmt *statement) {
    StatementJudgement judgement = {};
    if (statement->removeType != OBJECT_EXTENSION) return judgement;
    ListCell *cell;
    foreach (cell, statement->objects)
        if (std::strcmp(strVal(lfirst(cell)), vault_name) == 0) judgement.drops_extension = true;
    strlcpy(judgement.subject, vault_name, NAMEDATALEN);
    return judgement;
}

StatementJudgement judge_subscription() {
    StatementJudgement judgement = {};
    judgement.changes_subscription = database_has_ledger();
    return judgement;
}

}  // namespace

bool needs_judgement(const Node *statement) {
    switch (nodeTag(statement)) {
        case T_AlterExtensionContentsStmt:
        case T_AlterObjectDependsStmt:
        case T_AlterObjectSchemaStmt:
        case T_AlterPolicyStmt:
        case T_AlterSubscriptionStmt:
        case T_AlterTableStmt:
        case T_CreateForeignTableStmt:
        case T_CreateFunctionStmt:
        case T_CreatePolicyStmt:
        case T_CreateStmt:
        case T_CreateSubscriptionStmt:
        case T_CreateTableAsStmt:
        case T_CreateTrigStmt:
        case T_DropStmt:
        case T_ReassignOwnedStmt:
        case T_RenameStmt:
        case T_RuleStmt:
        case T_SecLabelStmt:
        case T_ViewStmt:
            return true;
        default:
            return false;
    }
}

StatementJudgement judge_statement(const Node *statement) {
    StatementJudgement judgement = {};
    switch (nodeTag(statement)) {
        case T_AlterExtensionContentsStmt: {
            const char *name = castNode(AlterExtensionContentsStmt, statement)->extname;
            return harmful_if(std::strcmp(name, vault_name) == 0 && ledger_is_set_up(), name);
        }
        case T_AlterObjectDependsStmt:
            return harmful_to(castNode(AlterObjectDependsStmt, statement)->relation);
        case T_AlterObjectSchemaStmt:
            return judge_move(castNode(AlterObjectSchemaStmt, statement));
        case T_AlterPolicyStmt:
            return harmful_to(castNode(AlterPolicyStmt, statement)->table);
        case T_AlterSubscriptionStmt:
        case T_CreateSubscriptionStmt:
            return judge_subscription();
        case T_AlterTableStmt:
            return judge_table_change(castNode(AlterTableStmt, statement));
        case T_CreateForeignTableStmt:
            return judge_create(&reinterpret_cast<const CreateForeignTableStmt *>(statement)->base,
                                true);
        case T_CreateFunctionStmt:
            return judge_function(castNode(CreateFunctionStmt, statement));
        case T_CreatePolicyStmt:
            return judge_new_policy(castNode(CreatePolicyStmt, statement));
        case T_CreateStmt:
            return judge_create(castNode(CreateStmt, statement), false);
        case T_CreateTableAsStmt:
            return judge_new_relation(castNode(CreateTableAsStmt, statement)->into->rel);
        case T_CreateTrigStmt:
            return judge_new_trigger(castNode(CreateTrigStmt, statement));
        case T_DropStmt:
            return judge_drop(castNode(DropStmt, statement));
        case T_ReassignOwnedStmt:
            return judge_reassignment(castNode(ReassignOwnedStmt, statement));
        case T_RenameStmt:
            return judge_rename(castNode(RenameStmt, statement));
        case T_RuleStmt:
            return harmful_to(castNode(RuleStmt, statement)->relation);
        case T_SecLabelStmt:
            return judge_label(castNode(SecLabelStmt, statement));
        case T_ViewStmt:
            return judge_new_relation(castNode(ViewStmt, statement)->view);
        default:
            return judgement;
    }
}

bool subscription_feeds_ledger(char (*subject)[NAMEDATALEN]) {
    CommandCounterIncrement();
    Relation catalog = table_open(SubscriptionRelRelationId, AccessShareLock);
    SysScanDesc scan = systable_beginscan(catalog, InvalidOid, false, nullptr, 0, nullptr);
    bool found = false;
    for (HeapTuple row = systable_getnext(scan); !found && HeapTupleIsValid(row);
         row = systable_getnext(scan)) {
        const auto *entry = reinterpret_cast<Form_pg_subscription_rel>(GETSTRUCT(row));
        found = ledger_part(entry->srrelid) != LedgerPart::none;
        if (found) strlcpy(*subject, get_rel_name(entry->srrelid), NAMEDATALEN);
    }
    systable_endscan(scan);
    table_close(catalog, AccessShareLock);
    return found;
}

}  // namespace vvault::pg
