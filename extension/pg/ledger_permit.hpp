// What C++ functions of the extension may do to the ledger's tables that nobody may by hand,
// while a permit lives. There is no other way to one: no setting, no role, no SQL.
#pragma once

#include "pg/postgres.hpp"

namespace vvault::pg {

enum class LedgerWork : unsigned char {
    none,
    schema,   // what vvault.install() and vvault.migrate() do: policies, constraints, new columns
    archive,  // detach or drop one partition, whose entries are kept elsewhere
};

class LedgerPermit {
public:
    explicit LedgerPermit(LedgerWork work, Oid relation = InvalidOid);
    ~LedgerPermit();
    LedgerPermit(const LedgerPermit &) = delete;
    LedgerPermit &operator=(const LedgerPermit &) = delete;

private:
    LedgerWork outer_work_;
    Oid outer_relation_;
};

bool may_apply_schema();
bool may_archive(Oid relation);

// Whoever is gone with a failed transaction leaves no permit behind.
void end_ledger_permits();

}  // namespace vvault::pg
