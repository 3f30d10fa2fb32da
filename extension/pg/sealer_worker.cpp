#include "pg/sealer_worker.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "pg/postgres.hpp"
#include "pg/settings.hpp"

extern "C" {
#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
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
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/varlena.h"
#if PG_VERSION_NUM >= 150000
#include "utils/wait_event.h"
#endif

PGDLLEXPORT void vvault_seal_launcher_main(Datum argument);
PGDLLEXPORT void vvault_sealer_main(Datum argument);
}

// Errors of the backend jump out of these functions to the worker's end, and the launcher
// starts another one: so everything here is plain C, with nothing to destroy.
namespace vvault::pg {

namespace {

// Somebody who drops a database waits five seconds for its sessions to end.
constexpr long look_around_ms = 1000;

// Between two upkeeps: entries, whose places the summary index does not know, or time.
constexpr int64 upkeep_entries = 20000;
constexpr int64 upkeep_us = int64{60} * 1000 * 1000;

constexpr int64 longest_pause_us = int64{60} * 1000 * 1000;

struct SealedDatabase {
    BackgroundWorkerHandle *worker;
    TimestampTz started_at;
    int64 pause_us;
};
std::array<SealedDatabase, 64> databases = {};

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

void describe(BackgroundWorker &worker, const char *function, const char *name) {
    std::memset(&worker, 0, sizeof worker);
    worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
    worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
    std::strncpy(worker.bgw_library_name, "vvault", sizeof worker.bgw_library_name - 1);
    std::strncpy(worker.bgw_function_name, function, sizeof worker.bgw_function_name - 1);
    std::strncpy(worker.bgw_name, name, sizeof worker.bgw_name - 1);
    std::strncpy(worker.bgw_type, name, sizeof worker.bgw_type - 1);
}

// Without the index, which a process that is in no database cannot always open.
Oid database_named(const char *name) {
    Oid found = InvalidOid;
    GetTransactionSnapshot();
    Relation catalog = table_open(DatabaseRelationId, AccessShareLock);
    TableScanDesc scan = table_beginscan_catalog(catalog, 0, nullptr);
    for (HeapTuple row = heap_getnext(scan, ForwardScanDirection); HeapTupleIsValid(row);
         row = heap_getnext(scan, ForwardScanDirection)) {
        const auto *database = reinterpret_cast<Form_pg_database>(GETSTRUCT(row));
        if (std::strcmp(NameStr(database->datname), name) == 0 && database->datallowconn)
            found = database->oid;
    }
    table_endscan(scan);
    table_close(catalog, AccessShareLock);
    return found;
}

void start_worker(SealedDatabase &state, Oid database) {
    BackgroundWorker worker;
    describe(worker, "vvault_sealer_main", "vvault ledger sealer");
    worker.bgw_restart_time = BGW_NEVER_RESTART;
    worker.bgw_notify_pid = MyProcPid;
    worker.bgw_main_arg = ObjectIdGetDatum(database);
    MemoryContext outer = MemoryContextSwitchTo(TopMemoryContext);
    if (!RegisterDynamicBackgroundWorker(&worker, &state.worker)) state.worker = nullptr;
    MemoryContextSwitchTo(outer);
    state.started_at = GetCurrentTimestamp();
}

bool is_running(SealedDatabase &state) {
    pid_t process;
    if (state.worker == nullptr) return false;
    if (GetBackgroundWorkerPid(state.worker, &process) != BGWH_STOPPED) return true;
    pfree(state.worker);
    state.worker = nullptr;
    return false;
}

// One that ends soon again and again is started less and less often.
void look_after(SealedDatabase &state, const char *name) {
    if (is_running(state)) return;
    const TimestampTz now = GetCurrentTimestamp();
    const int64 age = now - state.started_at;
    if (age < state.pause_us) return;
    state.pause_us = age > longest_pause_us
                         ? look_around_ms * 1000
                         : std::min(longest_pause_us,
                                    std::max(state.pause_us * 2, int64{look_around_ms} * 1000));
    const Oid database = database_named(name);
    if (OidIsValid(database) && database_is_free(database)) start_worker(state, database);
}

void look_after_all() {
    StartTransactionCommand();
    List *names = NIL;
    if (SplitIdentifierString(pstrdup(ledger_databases()), ',', &names)) {
        ListCell *cell;
        std::size_t place = 0;
        foreach (cell, names) {
            if (place == databases.size()) break;
            look_after(databases[place++], static_cast<const char *>(lfirst(cell)));
        }
    }
    CommitTransactionCommand();
}

bool is_only_worker() {
    LOCKTAG tag;
    SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, 0, sealer_at_work);
    return LockAcquire(&tag, ExclusiveLock, true, true) != LOCKACQUIRE_NOT_AVAIL;
}

bool vault_is_there() {
    const Oid home = get_namespace_oid("vvault", true);
    if (!OidIsValid(home) || !OidIsValid(get_relname_relid("ledger_state", home))) return false;
    List *seal =
        list_make2(makeString(pstrdup("vvault")), makeString(pstrdup("_ledger_seal_if_free")));
    return OidIsValid(LookupFuncName(seal, 0, nullptr, true));
}

// In the transaction that is open; the number it gives, or what there was before.
int64 run(const char *statement, int64 otherwise) {
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

struct Progress {
    bool is_whole;  // nobody is restoring the ledger's tables
    TimestampTz next_batch;
    TimestampTz last_upkeep;
    int64 size;
    int64 size_at_upkeep;
};

// False when it is time to leave.
bool work(Progress &progress) {
    SetCurrentStatementStartTimestamp();
    StartTransactionCommand();
    const bool stay = database_is_free(MyDatabaseId);
    const TimestampTz now = GetCurrentTimestamp();
    const bool due = stay && now >= progress.next_batch && vault_is_there();
    if (due && !progress.is_whole)
        progress.is_whole = run("SELECT vvault._ledger_is_whole()::integer::bigint", 0) == 1;
    if (due && progress.is_whole) {
        if (now - progress.last_upkeep > upkeep_us ||
            progress.size - progress.size_at_upkeep > upkeep_entries) {
            run("SELECT vvault._ledger_upkeep()", 0);
            progress.last_upkeep = now;
            progress.size_at_upkeep = progress.size;
            CommitTransactionCommand();
            StartTransactionCommand();
        }
        progress.size = run("SELECT vvault._ledger_seal_if_free()", progress.size);
        progress.next_batch = now + int64{ledger_seal_interval()} * 1000;
    }
    CommitTransactionCommand();
    pgstat_report_stat(true);
    pgstat_report_activity(STATE_IDLE, nullptr);
    return stay;
}

}  // namespace

void register_sealer() {
    if (!process_shared_preload_libraries_in_progress) return;
    BackgroundWorker launcher;
    describe(launcher, "vvault_seal_launcher_main", "vvault ledger launcher");
    launcher.bgw_restart_time = 5;
    RegisterBackgroundWorker(&launcher);
}

}  // namespace vvault::pg

using namespace vvault::pg;

void vvault_seal_launcher_main(Datum) {
    receive_signals();
    BackgroundWorkerInitializeConnection(nullptr, nullptr, 0);
    for (;;) {
        look_after_all();
        wait_and_see(look_around_ms);
    }
}

void vvault_sealer_main(Datum database) {
    receive_signals();
    BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(database), InvalidOid, 0);
    Progress progress = {};
    StartTransactionCommand();
    const bool only_worker = is_only_worker();
    CommitTransactionCommand();
    while (only_worker && work(progress))
        wait_and_see(std::min(look_around_ms, long{ledger_seal_interval()}));
    proc_exit(0);
}
