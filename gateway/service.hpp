// What all workers share while the gateway runs: its counts, the callers' limits
// and what is known of the ledger. Each of them may be used by any thread.
#pragma once

#include "config.hpp"
#include "ledger_watch.hpp"
#include "limits.hpp"
#include "metrics.hpp"

namespace gateway {

class JobQueue;

struct Service {
    Service(const Config &settings, std::size_t routes, JobQueue &queue)
        : config(settings),
          jobs(queue),
          metrics(routes),
          limits(settings.of_token, settings.of_address) {}

    const Config &config;
    JobQueue &jobs;
    Metrics metrics;
    Limits limits;
    LedgerWatch ledger;
};

}  // namespace gateway
