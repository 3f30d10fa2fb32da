#include "pg/ledger_permit.hpp"

namespace vvault::pg {

namespace {

LedgerWork permitted_work = LedgerWork::none;
Oid permitted_relation = InvalidOid;

}  // namespace

LedgerPermit::LedgerPermit(LedgerWork work, Oid relation)
    : outer_work_(permitted_work), outer_relation_(permitted_relation) {
    permitted_work = work;
    permitted_relation = relation;
}

LedgerPermit::~LedgerPermit() {
    permitted_work = outer_work_;
    permitted_relation = outer_relation_;
}

bool may_apply_schema() {
    return permitted_work == LedgerWork::schema;
}

bool may_archive(Oid relation) {
    return permitted_work == LedgerWork::archive && OidIsValid(relation) &&
           permitted_relation == relation;
}

void end_ledger_permits() {
    permitted_work = LedgerWork::none;
    permitted_relation = InvalidOid;
}

}  // namespace vvault::pg
