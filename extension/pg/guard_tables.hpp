// The judgement of statements that make or alter tables and triggers (pg/guard_statements).
//
// Harmless to the ledger is what vvault.install(), a dump and everyday upkeep need and what
// leaves rows, columns and guards as they are: a month's partition, an owner that is
// vvault_owner, row security switched on, a guard made anew, storage parameters. Before the
// guard is there, as in the middle of a restore, tables without rows take anything.
#pragma once

#include "pg/guard_statements.hpp"

extern "C" {
#include "nodes/parsenodes.h"
}

namespace vvault::pg {

StatementJudgement judge_new_table(const CreateStmt *statement, bool is_foreign);
StatementJudgement judge_table_change(const AlterTableStmt *statement);
StatementJudgement judge_new_trigger(const CreateTrigStmt *statement);

}  // namespace vvault::pg
