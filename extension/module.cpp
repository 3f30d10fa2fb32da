// Entry point of the shared library: settings and callbacks, nothing that can fail later.
#include <sodium.h>

#include "pg/boundary.hpp"
#include "pg/ledger_guard.hpp"
#include "pg/log_guard.hpp"
#include "pg/settings.hpp"
#include "pg/watched_tables.hpp"
#include "pg/worker_launcher.hpp"

extern "C" {
PG_MODULE_MAGIC;
void _PG_init(void);
}

void _PG_init(void) {
    if (sodium_init() < 0)
        ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg("libsodium does not start"));
    vvault::pg::define_settings();
    vvault::pg::watch_tables();
    vvault::pg::guard_log();
    vvault::pg::guard_ledger();
    vvault::pg::register_workers();
}
