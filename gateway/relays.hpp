// Asks models, beside the workers: one thread for all that runs, each question's backends one
// after the other within their limits. How many may run is bounded; who is beyond it is turned away
// before anything is stored.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <curl/curl.h>

#include "backend_call.hpp"
#include "relay.hpp"
#include "relay_counts.hpp"

namespace gateway {

class JobQueue;

class Relays {
public:
    using Clock = std::chrono::steady_clock;

    // How long a question is claimed for, unless the claim is renewed.
    static constexpr std::chrono::seconds lease{15};

    Relays(const SeatSettings &settings, JobQueue &jobs);
    ~Relays();
    Relays(const Relays &) = delete;
    Relays &operator=(const Relays &) = delete;

    // A place among those that run; a relay gives it back when it ends.
    bool enter();
    void leave();
    int running() const { return running_.load(); }

    // Asks the relay's next backend, until one answers or none is left; then a worker has it.
    void ask(std::shared_ptr<Relay> relay);
    void later(std::shared_ptr<Relay> relay, RelayStep step, std::chrono::milliseconds wait);
    // The gateway stops: what runs has some seconds to end by itself.
    void stop();
    bool stopping() const { return stopping_.load(); }

    RelayCounts counts;

private:
    struct Running {
        std::shared_ptr<Relay> relay;
        std::unique_ptr<BackendCall> call;
        const Backend *backend;
        Clock::time_point began;
    };
    struct Timed {
        std::shared_ptr<Relay> relay;
        RelayStep step;
    };
    struct Closing {
        void operator()(CURLM *multi) const { curl_multi_cleanup(multi); }
    };

    const SeatSettings &settings_;
    JobQueue &jobs_;
    std::atomic<int> running_{0};
    std::atomic<bool> stopping_{false};
    std::atomic<Clock::time_point> stop_by_{Clock::time_point::max()};
    std::unique_ptr<CURLM, Closing> multi_;
    std::mutex mutex_;
    bool ended_ = false;
    std::vector<std::shared_ptr<Relay>> asked_;
    std::vector<std::pair<Clock::time_point, Timed>> timed_;
    // The thread's own.
    std::map<CURL *, Running> calls_;
    std::vector<std::weak_ptr<Relay>> kept_;
    Clock::time_point next_keep_{};
    std::thread thread_;

    void run();
    bool begin_asked();
    void next_backend(const std::shared_ptr<Relay> &relay);
    void settle(CURL *handle, CURLcode code);
    void to_worker(std::shared_ptr<Relay> relay, RelayStep step);
    std::chrono::milliseconds run_timers();
};

}  // namespace gateway
