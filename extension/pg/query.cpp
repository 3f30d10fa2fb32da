#include "core/error.hpp"
#include "pg/query.hpp"

extern "C" {
#include "access/parallel.h"
#include "utils/snapmgr.h"
}

namespace vvault::pg {

namespace {

SPIPlanPtr plan_of(Statement &statement) {
    if (statement.plan == nullptr) {
        SPIPlanPtr plan =
            call(SPI_prepare, statement.text, static_cast<int>(statement.types.size()),
                 const_cast<Oid *>(statement.types.data()));
        if (plan == nullptr || call(SPI_keepplan, plan) != 0)
            throw Error(Errc::internal, "cannot prepare a statement");
        statement.plan = plan;
    }
    return statement.plan;
}

}  // namespace

void connect() {
    if (call(SPI_connect) != SPI_OK_CONNECT)
        throw Error(Errc::internal, "cannot connect to the server's SQL interface");
}

void finish() {
    if (call(SPI_finish) != SPI_OK_FINISH)
        throw Error(Errc::internal, "cannot leave the server's SQL interface");
}

bool sees_latest() {
    return !IsInParallelMode();
}

std::uint64_t execute(Statement &statement, Parameters parameters, Sees sees) {
    SPIPlanPtr plan = plan_of(statement);
    Datum *const values = parameters.values.data();
    int result = 0;
    if (sees == Sees::transaction)
        result = call(SPI_execute_plan, plan, values, parameters.nulls, false, 0L);
    else if (sees == Sees::pinned || !sees_latest())
        result = call(SPI_execute_plan, plan, values, parameters.nulls, true, 0L);
    else
        result = call(SPI_execute_snapshot, plan, values, parameters.nulls, call(GetLatestSnapshot),
                      Snapshot{InvalidSnapshot}, true, false, 0L);
    if (result < 0) throw Error(Errc::internal, "cannot run a statement");
    return SPI_processed;
}

PinnedSnapshot::PinnedSnapshot() {
    call(PushActiveSnapshot, call(GetLatestSnapshot));
}

PinnedSnapshot::~PinnedSnapshot() {
    if (!backend_error_pending) PopActiveSnapshot();
}

Cursor::Cursor(Statement &statement, Parameters parameters)
    : portal_(call(SPI_cursor_open, static_cast<const char *>(nullptr), plan_of(statement),
                   parameters.values.data(), parameters.nulls, true)) {}

Cursor::~Cursor() {
    if (!backend_error_pending) SPI_cursor_close(portal_);
}

std::uint64_t Cursor::fetch(long rows) {
    if (SPI_tuptable != nullptr) call(SPI_freetuptable, SPI_tuptable);
    call(SPI_cursor_fetch, portal_, true, rows);
    return SPI_processed;
}

Value value_at(std::uint64_t row, int column) {
    Value value{0, false};
    value.datum =
        call(SPI_getbinval, SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &value.is_null);
    return value;
}

}  // namespace vvault::pg
