#include "core/error.hpp"
#include "pg/query.hpp"

extern "C" {
#include "access/parallel.h"
#include "utils/snapmgr.h"
}

namespace vvault::pg {

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
    if (statement.plan == nullptr) {
        SPIPlanPtr plan =
            call(SPI_prepare, statement.text, static_cast<int>(statement.types.size()),
                 const_cast<Oid *>(statement.types.data()));
        if (plan == nullptr || call(SPI_keepplan, plan) != 0)
            throw Error(Errc::internal, "cannot prepare a statement");
        statement.plan = plan;
    }
    Datum *const values = parameters.values.data();
    int result = 0;
    if (sees == Sees::transaction)
        result = call(SPI_execute_plan, statement.plan, values, parameters.nulls, false, 0L);
    else if (!sees_latest())
        result = call(SPI_execute_plan, statement.plan, values, parameters.nulls, true, 0L);
    else
        result = call(SPI_execute_snapshot, statement.plan, values, parameters.nulls,
                      call(GetLatestSnapshot), Snapshot{InvalidSnapshot}, true, false, 0L);
    if (result < 0) throw Error(Errc::internal, "cannot run a statement");
    return SPI_processed;
}

Value value_at(std::uint64_t row, int column) {
    Value value{0, false};
    value.datum =
        call(SPI_getbinval, SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &value.is_null);
    return value;
}

}  // namespace vvault::pg
