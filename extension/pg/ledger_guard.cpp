#include "pg/ledger_guard.hpp"

#include <string>

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/guard_notes.hpp"
#include "pg/guard_objects.hpp"
#include "pg/guard_statements.hpp"
#include "pg/ledger_permit.hpp"
#include "pg/ledger_relations.hpp"
#include "pg/log_guard.hpp"
#include "pg/settings.hpp"

extern "C" {
#include "catalog/dependency.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_class_d.h"
#include "catalog/pg_namespace_d.h"
#include "catalog/pg_proc_d.h"
#include "executor/executor.h"
#include "nodes/parsenodes.h"
#include "tcop/utility.h"
}

// The hooks are the backend's kind: no C++ object with a destructor lives in them. What they
// find worth a look they judge behind the fence.
namespace vvault::pg {

namespace {

bool preloaded = false;
bool drops_extension = false;
ExecutorCheckPerms_hook_type next_permissions_hook = nullptr;
object_access_hook_type next_object_hook = nullptr;
ProcessUtility_hook_type next_utility_hook = nullptr;

// The one place that refuses.
void meet(const char *command, const char *subject) {
    if (ledger_guard_state() != GuardState::on) {
        note_for_ledger(command, subject);
        return;
    }
    call(log_refusal, command, subject);
    throw Error(Errc::guarded, std::string("\"") + subject + "\" is guarded")
        .detail(std::string("Refused: ") + command + ".");
}

void meet(const char *command, Oid catalog, Oid object) {
    const ObjectAddressed address = {catalog, object, 0};
    char name[NAMEDATALEN];
    call(name_of_object, &address, &name);
    meet(command, name);
}

// Rows.

const char *command_of(unsigned long privileges) {
    if (privileges & ACL_DELETE) return "DELETE";
    return privileges & ACL_UPDATE ? "UPDATE" : "INSERT";
}

void judge_write(void *argument) {
    const auto *write = static_cast<const IntendedWrite *>(argument);
    if (call(is_harmful_write, write))
        meet(command_of(write->privileges), RelationRelationId, write->relation);
}

void look_at_write(Oid relation, AclMode privileges, Oid role) {
    IntendedWrite write = {relation, static_cast<unsigned long>(privileges),
                           OidIsValid(role) ? role : GetUserId()};
    if (write_needs_judgement(write)) enter_from_hook(judge_write, &write);
}

#if PG_VERSION_NUM >= 160000
bool check_permissions(List *tables, List *permissions, bool raises) {
    ListCell *cell;
    foreach (cell, permissions) {
        const auto *one = lfirst_node(RTEPermissionInfo, cell);
        if (raises) look_at_write(one->relid, one->requiredPerms, one->checkAsUser);
    }
    return next_permissions_hook == nullptr || next_permissions_hook(tables, permissions, raises);
}
#else
bool check_permissions(List *tables, bool raises) {
    ListCell *cell;
    foreach (cell, tables) {
        const auto *one = lfirst_node(RangeTblEntry, cell);
        if (raises && one->rtekind == RTE_RELATION)
            look_at_write(one->relid, one->requiredPerms, one->checkAsUser);
    }
    return next_permissions_hook == nullptr || next_permissions_hook(tables, raises);
}
#endif

// Objects.

void judge_drop(void *argument) {
    const auto *dropped = static_cast<const ObjectAddressed *>(argument);
    if (call(is_harmful_drop, dropped, drops_extension))
        meet(dropped->column > 0 ? "DROP COLUMN" : "DROP", dropped->catalog, dropped->object);
}

void judge_truncate(void *argument) {
    const Oid table = static_cast<const ObjectAddressed *>(argument)->object;
    if (call(is_harmful_truncate, table)) meet("TRUNCATE", RelationRelationId, table);
}

void judge_change(void *argument) {
    const auto *changed = static_cast<const ObjectAddressed *>(argument);
    if (call(is_harmful_change, changed)) meet("ALTER", changed->catalog, changed->object);
}

void look_at_object(ObjectAccessType access, Oid catalog, Oid object, int column, void *details) {
    ObjectAddressed address = {catalog, object, column};
    if (access == OAT_DROP && drop_needs_judgement(catalog)) {
        const auto *drop = static_cast<const ObjectAccessDrop *>(details);
        if ((drop->dropflags & PERFORM_DELETION_INTERNAL) == 0)
            enter_from_hook(judge_drop, &address);
    } else if (access == OAT_TRUNCATE) {
        enter_from_hook(judge_truncate, &address);
    } else if (access == OAT_POST_ALTER &&
               (catalog == ProcedureRelationId || catalog == NamespaceRelationId)) {
        enter_from_hook(judge_change, &address);
    }
    if (next_object_hook != nullptr) next_object_hook(access, catalog, object, column, details);
}

// Statements.

struct Statement {
    const Node *tree;
    StatementJudgement judgement;
};

void judge(void *argument) {
    auto *statement = static_cast<Statement *>(argument);
    statement->judgement = call(judge_statement, statement->tree);
    const StatementJudgement &judgement = statement->judgement;
    if (judgement.drops_extension) note_for_ledger("DROP EXTENSION", judgement.subject);
    if (!judgement.harmful) return;
    if (judgement.may_apply_schema && may_apply_schema()) return;
    if (may_archive(judgement.detached)) return;
    meet(GetCommandTagName(CreateCommandTag(const_cast<Node *>(statement->tree))),
         judgement.subject);
    write_ledger_notes();
}

void judge_subscriptions(void *) {
    char subject[NAMEDATALEN];
    if (call(subscription_feeds_ledger, &subject)) meet("SUBSCRIPTION", subject);
}

void run_utility(PlannedStmt *planned, const char *text, bool keeps_tree,
                 ProcessUtilityContext context, ParamListInfo parameters, QueryEnvironment *queries,
                 DestReceiver *receiver, QueryCompletion *completion) {
    Statement statement = {planned->utilityStmt, {}};
    if (needs_judgement(statement.tree)) enter_from_hook(judge, &statement);
    const bool outer = drops_extension;
    drops_extension = outer || statement.judgement.drops_extension;
    (next_utility_hook != nullptr ? next_utility_hook : standard_ProcessUtility)(
        planned, text, keeps_tree, context, parameters, queries, receiver, completion);
    drops_extension = outer;
    if (statement.judgement.changes_subscription) enter_from_hook(judge_subscriptions, nullptr);
}

void transaction_ended(XactEvent event, void *) {
    if (event == XACT_EVENT_ABORT) drops_extension = false;
}

void subtransaction_ended(SubXactEvent event, SubTransactionId, SubTransactionId, void *) {
    if (event == SUBXACT_EVENT_ABORT_SUB) drops_extension = false;
}

}  // namespace

void guard_ledger() {
    // pg_upgrade puts the tables of an old server into a new one as they are.
    preloaded = process_shared_preload_libraries_in_progress && !IsBinaryUpgrade;
    if (!preloaded) return;
    watch_ledger_relations();
    keep_guard_notes();
    RegisterXactCallback(transaction_ended, nullptr);
    RegisterSubXactCallback(subtransaction_ended, nullptr);
    next_permissions_hook = ExecutorCheckPerms_hook;
    ExecutorCheckPerms_hook = check_permissions;
    next_object_hook = object_access_hook;
    object_access_hook = look_at_object;
    next_utility_hook = ProcessUtility_hook;
    ProcessUtility_hook = run_utility;
}

GuardState ledger_guard_state() {
    if (!preloaded) return GuardState::not_preloaded;
    return ledger_guard_setting() ? GuardState::on : GuardState::off;
}

const char *guard_state_name(GuardState state) {
    switch (state) {
        case GuardState::on:
            return "on";
        case GuardState::off:
            return "off";
        case GuardState::not_preloaded:
            break;
    }
    return "not preloaded";
}

}  // namespace vvault::pg
