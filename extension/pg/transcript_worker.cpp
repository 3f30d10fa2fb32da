#include "pg/transcript_worker.hpp"

#include <algorithm>

#include "pg/background.hpp"
#include "pg/postgres.hpp"
#include "pg/settings.hpp"

extern "C" {
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "storage/ipc.h"

PGDLLEXPORT void vvault_keeper_main(Datum argument);
}

namespace vvault::pg {

namespace {

// A command that gives no keys may take long to say so.
constexpr int64 without_keys_us = int64{10} * 1000 * 1000;

struct Progress {
    bool is_whole;  // nobody is restoring the vault's tables
    bool has_no_keys;
    TimestampTz next_look;
};

void say_whether_there_are_keys(Progress &progress, TimestampTz now) {
    const bool missing = run("SELECT vvault._ring_is_there()::integer::bigint", 0) == 0;
    if (missing) progress.next_look = now + without_keys_us;
    if (missing == progress.has_no_keys) return;
    progress.has_no_keys = missing;
    run(missing ? "SELECT vvault._log_keys(false)" : "SELECT vvault._log_keys(true)", 0);
}

bool is_due(Progress &progress, TimestampTz now) {
    if (now < progress.next_look) return false;
    const Oid types[] = {INT4OID, BOOLOID};
    if (!vault_has("transcript_keeper", "keep_transcripts", 2, types)) return false;
    if (!progress.is_whole)
        progress.is_whole = run("SELECT vvault._vault_is_whole()::integer::bigint", 0) == 1;
    if (!progress.is_whole) return false;
    say_whether_there_are_keys(progress, now);
    return !progress.has_no_keys;
}

// Whether to stay, and whether there may be more to do at once: a file is a transaction.
struct Done {
    bool stay;
    bool more;
};

Done work(Progress &progress) {
    SetCurrentStatementStartTimestamp();
    StartTransactionCommand();
    Done done = {keeper_is_wanted() && database_is_free(MyDatabaseId), false};
    if (done.stay && is_due(progress, GetCurrentTimestamp()))
        done.more = run("SELECT vvault.keep_transcripts(1)", 0) > 0;
    CommitTransactionCommand();
    pgstat_report_stat(true);
    pgstat_report_activity(STATE_IDLE, nullptr);
    return done;
}

}  // namespace

bool keeper_is_wanted() {
    return transcript_delay() >= 0;
}

}  // namespace vvault::pg

using namespace vvault::pg;

void vvault_keeper_main(Datum database) {
    receive_signals();
    BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(database), InvalidOid, 0);
    Progress progress = {};
    for (bool stay = is_only_worker(keeper_at_work); stay;) {
        const Done done = work(progress);
        stay = done.stay;
        if (!stay) break;
        if (done.more)
            CHECK_FOR_INTERRUPTS();
        else
            wait_and_see(std::clamp(long{transcript_delay()} / 4, 50L, look_around_ms));
    }
    proc_exit(0);
}
