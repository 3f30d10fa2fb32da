#include "pg/background.hpp"

#include <cstring>

#include "pg/postgres.hpp"

extern "C" {
#include "catalog/namespace.h"
#include "catalog/pg_database.h"
#include "parser/parse_func.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lock.h"
#include "tcop/tcopprot.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#if PG_VERSION_NUM >= 150000
#include "utils/wait_event.h"
#endif
}

namespace vvault::pg {

// Whoever drops the database or copies it holds this lock already, and every new session
// takes it: the worker behaves as if it were one.
bool database_is_free(Oid database) {
    LOCKTAG tag;
    SET_LOCKTAG_OBJECT(tag, InvalidOid, DatabaseRelationId, database, 0);
    if (LockAcquire(&tag, RowExclusiveLock, false, true) == LOCKACQUIRE_NOT_AVAIL) return false;
    LockRelease(&tag, RowExclusiveLock, false);
    return true;
}

void wait_and_see(long milliseconds) {
    WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, milliseconds,
              PG_WAIT_EXTENSION);
    ResetLatch(MyLatch);
    CHECK_FOR_INTERRUPTS();
    if (ConfigReloadPending) {
        ConfigReloadPending = false;
        ProcessConfigFile(PGC_SIGHUP);
    }
}

void receive_signals() {
    pqsignal(SIGHUP, SignalHandlerForConfigReload);
    pqsignal(SIGTERM, die);
    BackgroundWorkerUnblockSignals();
}

bool is_only_worker(unsigned short of_kind) {
    LOCKTAG tag;
    SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, 0, of_kind);
    StartTransactionCommand();
    const bool only_one = LockAcquire(&tag, ExclusiveLock, true, true) != LOCKACQUIRE_NOT_AVAIL;
    CommitTransactionCommand();
    return only_one;
}

bool vault_has(const char *table, const char *function, int arguments, const Oid *types) {
    const Oid home = get_namespace_oid("vvault", true);
    if (!OidIsValid(home) || !OidIsValid(get_relname_relid(table, home))) return false;
    List *name = list_make2(makeString(pstrdup("vvault")), makeString(pstrdup(function)));
    return OidIsValid(LookupFuncName(name, arguments, types, true));
}

// In the transaction that is open; the number it gives, or what there was before.
int64_t run(const char *statement, int64_t otherwise) {
    pgstat_report_activity(STATE_RUNNING, statement);
    SPI_connect();
    PushActiveSnapshot(GetTransactionSnapshot());
    int64 result = otherwise;
    if (SPI_execute(statement, false, 0) == SPI_OK_SELECT && SPI_processed == 1) {
        bool is_null = true;
        const Datum value =
            SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null);
        if (!is_null) result = DatumGetInt64(value);
    }
    PopActiveSnapshot();
    SPI_finish();
    return result;
}

}  // namespace vvault::pg
