// What all workers share while the gateway runs: its counts, the callers' limits,
// what is known of the ledger, and who works beside the requests. Each of them
// may be used by any thread.
#pragma once

#include "config.hpp"
#include "key_fetcher.hpp"
#include "ledger_watch.hpp"
#include "limits.hpp"
#include "metrics.hpp"
#include "site.hpp"
#include "token_uses.hpp"
#include "upload_sweeper.hpp"

namespace gateway {

class JobQueue;

struct Service {
    Service(const Config &settings, std::size_t routes, JobQueue &queue)
        : config(settings),
          jobs(queue),
          metrics(routes),
          limits(settings.of_token, settings.of_address),
          demo(settings.demo_directory),
          ledger({.pooled = settings.pooled}),
          keys({.pooled = settings.pooled, .user = settings.keys_user}),
          uses({.pooled = settings.pooled}),
          uploads(std::make_shared<UploadSweeper>(Door{.pooled = settings.pooled})) {}

    const Config &config;
    JobQueue &jobs;
    Metrics metrics;
    Limits limits;
    Site demo;
    LedgerWatch ledger;
    KeyFetcher keys;
    TokenUses uses;
    // Shared with the uploads, some of which may outlive this.
    const std::shared_ptr<UploadSweeper> uploads;
};

}  // namespace gateway
