#include "pg/worker_launcher.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "pg/background.hpp"
#include "pg/postgres.hpp"
#include "pg/sealer_worker.hpp"
#include "pg/settings.hpp"
#include "pg/transcript_worker.hpp"

extern "C" {
#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_database.h"
#include "postmaster/bgworker.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/varlena.h"

PGDLLEXPORT void vvault_launcher_main(Datum argument);
}

namespace vvault::pg {

namespace {

constexpr int64 longest_pause_us = int64{60} * 1000 * 1000;

struct Kind {
    const char *function;
    const char *name;
    bool (*is_wanted)();
};
constexpr std::array<Kind, 2> kinds = {
    {{"vvault_sealer_main", "vvault ledger sealer", sealer_is_wanted},
     {"vvault_keeper_main", "vvault transcript keeper", keeper_is_wanted}}};

struct Worker {
    BackgroundWorkerHandle *handle;
    TimestampTz started_at;
    int64 pause_us;
};
std::array<std::array<Worker, kinds.size()>, 64> databases = {};

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

void start_worker(Worker &state, const Kind &kind, Oid database) {
    BackgroundWorker worker;
    describe(worker, kind.function, kind.name);
    worker.bgw_restart_time = BGW_NEVER_RESTART;
    worker.bgw_notify_pid = MyProcPid;
    worker.bgw_main_arg = ObjectIdGetDatum(database);
    MemoryContext outer = MemoryContextSwitchTo(TopMemoryContext);
    if (!RegisterDynamicBackgroundWorker(&worker, &state.handle)) state.handle = nullptr;
    MemoryContextSwitchTo(outer);
    state.started_at = GetCurrentTimestamp();
}

bool is_running(Worker &state) {
    pid_t process;
    if (state.handle == nullptr) return false;
    if (GetBackgroundWorkerPid(state.handle, &process) != BGWH_STOPPED) return true;
    pfree(state.handle);
    state.handle = nullptr;
    return false;
}

// One that ends soon again and again is started less and less often.
void look_after(Worker &state, const Kind &kind, const char *name) {
    if (is_running(state) || !kind.is_wanted()) return;
    const TimestampTz now = GetCurrentTimestamp();
    const int64 age = now - state.started_at;
    if (age < state.pause_us) return;
    state.pause_us = age > longest_pause_us
                         ? look_around_ms * 1000
                         : std::min(longest_pause_us,
                                    std::max(state.pause_us * 2, int64{look_around_ms} * 1000));
    const Oid database = database_named(name);
    if (OidIsValid(database) && database_is_free(database)) start_worker(state, kind, database);
}

void look_after_all() {
    StartTransactionCommand();
    List *names = NIL;
    if (SplitIdentifierString(pstrdup(ledger_databases()), ',', &names)) {
        ListCell *cell;
        std::size_t place = 0;
        foreach (cell, names) {
            if (place == databases.size()) break;
            for (std::size_t kind = 0; kind < kinds.size(); ++kind)
                look_after(databases[place][kind], kinds[kind],
                           static_cast<const char *>(lfirst(cell)));
            ++place;
        }
    }
    CommitTransactionCommand();
}

}  // namespace

void register_workers() {
    if (!process_shared_preload_libraries_in_progress) return;
    BackgroundWorker launcher;
    describe(launcher, "vvault_launcher_main", "vvault launcher");
    launcher.bgw_restart_time = 5;
    RegisterBackgroundWorker(&launcher);
}

}  // namespace vvault::pg

using namespace vvault::pg;

void vvault_launcher_main(Datum) {
    receive_signals();
    BackgroundWorkerInitializeConnection(nullptr, nullptr, 0);
    for (;;) {
        look_after_all();
        wait_and_see(look_around_ms);
    }
}
