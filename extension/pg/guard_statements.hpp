// What a statement other than SELECT, INSERT, UPDATE, DELETE and MERGE would do to the ledger,
// judged from its parse tree. What is not known to be harmless is harmful. Refuses nothing
// itself: pg/ledger_guard does, or writes down that it happened.
#pragma once

#include "pg/postgres.hpp"

namespace vvault::pg {

struct StatementJudgement {
    bool concerns_ledger;
    bool harmful;
    bool may_apply_schema;      // harmful by hand, and what vvault.install() does
    Oid detached;               // harmful by hand, and how that partition is archived
    bool drops_extension;       // DROP EXTENSION vvault: functions and triggers go, tables stay
    bool changes_subscription;  // what it brings is known afterwards
    char subject[NAMEDATALEN];  // a relation, schema or function; for people
};

// Neither raises nor reads: most statements need no judgement.
bool needs_judgement(const Node *statement);

// May raise, so C++ asks through call().
StatementJudgement judge_statement(const Node *statement);

// A subscription of this database writes into the ledger. The same goes for this.
bool subscription_feeds_ledger(char (*subject)[NAMEDATALEN]);

}  // namespace vvault::pg
