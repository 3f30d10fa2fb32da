#include "pg/sealer_worker.hpp"

#include <algorithm>

#include "pg/background.hpp"
#include "pg/postgres.hpp"
#include "pg/settings.hpp"

extern "C" {
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "storage/ipc.h"

PGDLLEXPORT void vvault_sealer_main(Datum argument);
}

namespace vvault::pg {

namespace {

// Between two upkeeps: entries, whose places the summary index does not know, or time.
constexpr int64 upkeep_entries = 20000;
constexpr int64 upkeep_us = int64{60} * 1000 * 1000;

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
    const bool due = stay && now >= progress.next_batch &&
                     vault_has("ledger_state", "_ledger_seal_if_free", 0, nullptr);
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

bool sealer_is_wanted() {
    return true;
}

}  // namespace vvault::pg

using namespace vvault::pg;

void vvault_sealer_main(Datum database) {
    receive_signals();
    BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(database), InvalidOid, 0);
    Progress progress = {};
    const bool only_worker = is_only_worker(sealer_at_work);
    while (only_worker && work(progress))
        wait_and_see(std::min(look_around_ms, long{ledger_seal_interval()}));
    proc_exit(0);
}
