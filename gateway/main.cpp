// vvault-gateway: read the settings, start the workers, serve until told to stop.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include <malloc.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include "access_log.hpp"
#include "config.hpp"
#include "front.hpp"
#include "routes.hpp"
#include "service.hpp"
#include "worker.hpp"

namespace {

// Blocked before any thread starts, so that all of them leave signals to the front.
int signals_that_stop() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

// A connection is a descriptor; the usual soft limit of 1024 is below ours.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int fetch_keys(const gateway::Config &config, int signals) {
    const gateway::KeyFetcher keys({.pooled = config.pooled, .user = config.keys_user});
    gateway::log_event("info", "fetching keys of issuers, and serving nothing");
    pollfd descriptor{.fd = signals, .events = POLLIN, .revents = 0};
    while (poll(&descriptor, 1, -1) <= 0) {
    }
    gateway::log_event("info", "stopped");
    return 0;
}

// Answers of some ten kilobytes come and go all the time: given back to the kernel each
// time, they would be fetched again page by page. What is larger is still given back.
void keep_small_memory() {
    mallopt(M_MMAP_THRESHOLD, 512 << 10);
    mallopt(M_TRIM_THRESHOLD, 2 << 20);
    mallopt(M_TOP_PAD, 256 << 10);
}

int serve(const gateway::Config &config) {
    keep_small_memory();
    if (config.pooled) unsetenv("PGOPTIONS");  // a pooler refuses what it cannot keep
    const int signals = signals_that_stop();
    if (config.only_keys) return fetch_keys(config, signals);
    raise_descriptor_limit();
    gateway::JobQueue jobs;
    gateway::CompletionQueue completions;
    gateway::Service service(config, gateway::all_routes().size(), jobs, completions);
    gateway::Front front(config, service.metrics.front, jobs, completions, signals, service.uploads,
                         service.relays.get());

    std::vector<gateway::WorkerCounts *> counts;
    std::vector<std::thread> workers;
    workers.reserve(static_cast<std::size_t>(config.workers));
    for (int i = 0; i < config.workers; ++i) counts.push_back(&service.metrics.add_worker());
    for (auto *mine : counts)
        workers.emplace_back([&, mine] { gateway::work(service, *mine, jobs, completions); });
    gateway::log_event("info", "listening",
                       "http://" + config.listen + ":" + std::to_string(front.port()));
    if (front.metrics_port() > 0)
        gateway::log_event(
            "info", "listening for metrics",
            "http://" + config.metrics_listen + ":" + std::to_string(front.metrics_port()));

    if (!front.run()) {
        // Some request hangs in the database, and joining its worker would too.
        gateway::log_event("warning", "stopped", "before every request was answered");
        std::_Exit(0);
    }
    jobs.close();
    for (auto &worker : workers) worker.join();
    gateway::log_event("info", "stopped");
    return 0;
}

// One line a route: method, pattern, and whether a token is asked for.
void print_routes() {
    for (const auto &route : gateway::all_routes())
        std::printf("%s %s %s\n", std::string(route.method).c_str(),
                    std::string(route.pattern).c_str(),
                    route.access == gateway::Access::open ? "open" : "token");
}

}  // namespace

int main(int argc, char **argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument == "-h" || argument == "--help") {
            std::fputs(gateway::Config::help().c_str(), stdout);
            return 0;
        }
        if (argument == "--routes") {
            print_routes();
            return 0;
        }
    }
    try {
        const auto config = gateway::Config::from(argc, argv);
        if (config.check_only) return 0;
        return serve(config);
    } catch (const std::invalid_argument &error) {
        std::fprintf(stderr, "vvault-gateway: %s\n", error.what());
        return 2;
    } catch (const std::system_error &error) {
        std::fprintf(stderr, "vvault-gateway: cannot serve: %s\n", error.what());
        return 1;
    }
}
