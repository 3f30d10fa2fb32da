#include "pg/guard_tables.hpp"

#include <cstring>
#include <iterator>

#include "pg/ledger_relations.hpp"

extern "C" {
#include "access/relation.h"
#include "catalog/namespace.h"
#include "catalog/pg_class_d.h"
#include "catalog/pg_trigger.h"
#include "parser/parse_func.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
}

namespace vvault::pg {

namespace {

constexpr const char *entries_table = "ledger_entries";
constexpr const char *month_prefix = "ledger_entries_";

StatementJudgement on(const char *subject, bool harmful, bool may_apply_schema = false) {
    StatementJudgement judgement = {};
    judgement.concerns_ledger = true;
    judgement.harmful = harmful;
    judgement.may_apply_schema = may_apply_schema;
    strlcpy(judgement.subject, subject, NAMEDATALEN);
    return judgement;
}

LedgerPart part_of(const RangeVar *name) {
    Oid relation;
    return ledger_part_of_name(name, &relation);
}

bool ends_with(const char *text, const char *end) {
    const std::size_t length = std::strlen(text), tail = std::strlen(end);
    return length >= tail && std::strcmp(text + length - tail, end) == 0;
}

// The key that each partition has for itself, and no more than that.
bool is_key_of_month(const List *elements) {
    static constexpr const char *columns[] = {"user_id", "stream_id", "stream_seq"};
    if (list_length(elements) != 1 || !IsA(linitial(elements), Constraint)) return false;
    const Constraint *key = castNode(Constraint, linitial(elements));
    if (key->contype != CONSTR_PRIMARY || key->deferrable || key->conname != nullptr ||
        key->including != NIL || list_length(key->keys) != std::size(columns))
        return false;
    for (int i = 0; i < list_length(key->keys); ++i)
        if (std::strcmp(strVal(list_nth(key->keys, i)), columns[i]) != 0) return false;
    return true;
}

// A partition as vvault._make_ledger_partitions() makes it, with nothing else of its own.
bool is_plain_partition(const CreateStmt *statement, const RangeVar *parent) {
    const RangeVar *name = statement->relation;
    return statement->partbound != nullptr && std::strcmp(parent->relname, entries_table) == 0 &&
           std::strncmp(name->relname, month_prefix, std::strlen(month_prefix)) == 0 &&
           RangeVarGetCreationNamespace(name) == vault_schema() &&
           name->relpersistence == RELPERSISTENCE_PERMANENT &&
           is_key_of_month(statement->tableElts) && statement->constraints == NIL &&
           statement->accessMethod == nullptr && statement->partspec == nullptr &&
           statement->oncommit == ONCOMMIT_NOOP;
}

bool is_vault_owner(const RoleSpec *role) {
    const Oid owner = get_role_oid("vvault_owner", true);
    return OidIsValid(owner) && get_rolespec_oid(role, true) == owner;
}

// A key in CREATE TABLE comes as a statement of its own once the table is there.
bool was_made_just_now(Oid table) {
    Relation relation = relation_open(table, AccessShareLock);
    const bool is_new = relation->rd_createSubid != InvalidSubTransactionId;
    relation_close(relation, NoLock);
    return is_new;
}

bool is_part_of_its_making(const AlterTableCmd *command, Oid table) {
    return (command->subtype == AT_AddIndex || command->subtype == AT_SetNotNull) &&
           was_made_just_now(table);
}

enum class Change { harmless, of_schema, of_constraints, harmful };

Change change_of(const AlterTableCmd *command, bool is_index) {
    switch (command->subtype) {
        case AT_SetStatistics:
        case AT_SetOptions:
        case AT_ResetOptions:
        case AT_SetStorage:
        case AT_SetCompression:
        case AT_ClusterOn:
        case AT_DropCluster:
        case AT_SetTableSpace:
        case AT_SetRelOptions:
        case AT_ResetRelOptions:
        case AT_ReplicaIdentity:
        case AT_ValidateConstraint:
        case AT_EnableAlwaysTrig:
        case AT_EnableRowSecurity:
            return Change::harmless;
        case AT_ChangeOwner:
            return is_vault_owner(command->newowner) ? Change::harmless : Change::harmful;
        case AT_AttachPartition:
            return is_index ? Change::harmless : Change::harmful;
        case AT_AddConstraint:
        case AT_AddIndex:
        case AT_AddIndexConstraint:
            return Change::of_constraints;
        case AT_AddColumn:
        case AT_ColumnDefault:
        case AT_SetNotNull:
        case AT_NoForceRowSecurity:
            return Change::of_schema;
        default:
            return Change::harmful;
    }
}

// ALTER TABLE mine ATTACH PARTITION or INHERIT something of the ledger's.
const RangeVar *other_table(const AlterTableCmd *command) {
    switch (command->subtype) {
        case AT_AttachPartition:
        case AT_DetachPartition:
        case AT_DetachPartitionFinalize:
            return castNode(PartitionCmd, command->def)->name;
        case AT_AddInherit:
        case AT_DropInherit:
            return castNode(RangeVar, command->def);
        default:
            return nullptr;
    }
}

StatementJudgement judge_command(const AlterTableCmd *command, const AlterTableStmt *statement,
                                 bool ledgers_own) {
    const bool is_index = statement->objtype == OBJECT_INDEX;
    const RangeVar *other = other_table(command);
    if (!ledgers_own) {
        if (other == nullptr || part_of(other) == LedgerPart::none) return {};
        return on(other->relname, true);
    }
    const char *subject = statement->relation->relname;
    switch (change_of(command, is_index)) {
        case Change::harmless:
            return on(subject, false);
        case Change::of_constraints:
            return on(subject, ledger_is_set_up(), true);
        case Change::of_schema:
            return on(subject, true, true);
        case Change::harmful:
            break;
    }
    StatementJudgement judgement = on(subject, true);
    if (command->subtype == AT_DetachPartition) ledger_part_of_name(other, &judgement.detached);
    return judgement;
}

// The worst of a statement's commands speaks for it.
bool is_worse(const StatementJudgement &one, const StatementJudgement &other) {
    if (one.harmful != other.harmful) return one.harmful;
    if (one.harmful && one.may_apply_schema != other.may_apply_schema) return !one.may_apply_schema;
    return one.concerns_ledger && !other.concerns_ledger;
}

bool is_refusing_function(List *name) {
    List *refuse = list_make2(makeString(const_cast<char *>("vvault")),
                              makeString(const_cast<char *>("_refuse_change")));
    const Oid wanted = LookupFuncName(refuse, 0, nullptr, true);
    return OidIsValid(wanted) && LookupFuncName(name, 0, nullptr, true) == wanted;
}

// Replacing a guard must not make it see less.
bool sees_all(const CreateTrigStmt *statement) {
    if (statement->timing != TRIGGER_TYPE_BEFORE || statement->whenClause != nullptr ||
        statement->columns != NIL)
        return false;
    if (ends_with(statement->trigname, "_guard_truncate"))
        return !statement->row && statement->events == TRIGGER_TYPE_TRUNCATE;
    const int changes = TRIGGER_TYPE_UPDATE | TRIGGER_TYPE_DELETE;
    return ends_with(statement->trigname, "_guard") && statement->row &&
           (statement->events & changes) == changes;
}

}  // namespace

StatementJudgement judge_new_table(const CreateStmt *statement, bool is_foreign) {
    ListCell *cell;
    foreach (cell, statement->inhRelations) {
        const RangeVar *parent = lfirst_node(RangeVar, cell);
        if (part_of(parent) == LedgerPart::none) continue;
        const bool plain = !is_foreign && is_plain_partition(statement, parent);
        return on(parent->relname, !plain && ledger_is_set_up());
    }
    return {};
}

StatementJudgement judge_table_change(const AlterTableStmt *statement) {
    Oid relation;
    const bool ledgers_own =
        ledger_part_of_name(statement->relation, &relation) != LedgerPart::none;
    // In the middle of a restore, or of the first vvault.install().
    const bool takes_anything =
        ledgers_own && !ledger_is_set_up() && get_rel_relkind(relation) != RELKIND_INDEX &&
        get_rel_relkind(relation) != RELKIND_PARTITIONED_INDEX && holds_no_rows(relation);
    StatementJudgement worst = {};
    ListCell *cell;
    foreach (cell, statement->cmds) {
        const auto *command = lfirst_node(AlterTableCmd, cell);
        const StatementJudgement one = ledgers_own && is_part_of_its_making(command, relation)
                                           ? on(statement->relation->relname, false)
                                           : judge_command(command, statement, ledgers_own);
        if (is_worse(one, worst)) worst = one;
    }
    if (takes_anything) worst.harmful = false;
    return worst;
}

StatementJudgement judge_new_trigger(const CreateTrigStmt *statement) {
    if (part_of(statement->relation) == LedgerPart::none) return {};
    // One more trigger that refuses takes nothing away.
    const bool refuses = is_refusing_function(statement->funcname) && !statement->isconstraint;
    return on(statement->relation->relname,
              !refuses || (statement->replace && !sees_all(statement)), refuses);
}

}  // namespace vvault::pg
