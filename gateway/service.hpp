// What all workers share while the gateway runs: its counts, the callers' limits,
// what is known of the ledger, and who works beside the requests. Each of them
// may be used by any thread.
#pragma once

#include "config.hpp"
#include "key_fetcher.hpp"
#include "ledger_watch.hpp"
#include "limits.hpp"
#include "metrics.hpp"
#include "relays.hpp"
#include "site.hpp"
#include "token_uses.hpp"
#include "upload_sweeper.hpp"

namespace gateway {

class CompletionQueue;
class JobQueue;

struct Service {
    Service(const Config &settings, std::size_t routes, JobQueue &queue, CompletionQueue &answers)
        : config(settings),
          jobs(queue),
          completions(answers),
          metrics(routes),
          limits(settings.of_token, settings.of_address),
          demo(settings.demo_directory),
          ledger({.pooled = settings.pooled}),
          keys({.pooled = settings.pooled, .user = settings.keys_user}),
          uses({.pooled = settings.pooled}),
          uploads(std::make_shared<UploadSweeper>(Door{.pooled = settings.pooled})),
          relays(settings.seats ? std::make_unique<Relays>(*settings.seats, queue) : nullptr) {}

    const Config &config;
    JobQueue &jobs;
    CompletionQueue &completions;
    Metrics metrics;
    Limits limits;
    Site demo;
    LedgerWatch ledger;
    KeyFetcher keys;
    TokenUses uses;
    // Shared with the uploads, some of which may outlive this.
    const std::shared_ptr<UploadSweeper> uploads;
    const std::unique_ptr<Relays> relays;  // null: no model is configured
};

}  // namespace gateway
