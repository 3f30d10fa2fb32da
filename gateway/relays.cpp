#include "relays.hpp"

#include <algorithm>

#include "answer_stream.hpp"
#include "queues.hpp"

namespace gateway {

namespace {

using std::chrono::milliseconds;

constexpr auto keep_interval = std::chrono::seconds(4);
// Of the ten seconds that the front waits for what is begun; the rest is for storing it.
constexpr auto time_to_stop = std::chrono::seconds(6);
constexpr auto longest_poll = milliseconds(1000);

template <class Duration>
milliseconds in_milliseconds(Duration duration) {
    return std::chrono::duration_cast<milliseconds>(duration);
}

}  // namespace

Relay::~Relay() {
    if (home) home->leave();
}

Relays::Relays(const SeatSettings &settings, JobQueue &jobs)
    : settings_(settings), jobs_(jobs), multi_(curl_multi_init()) {
    thread_ = std::thread([this] { run(); });
}

Relays::~Relays() {
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    curl_multi_wakeup(multi_.get());
    thread_.join();
}

bool Relays::enter() {
    auto now = running_.load();
    while (now < settings_.at_once && !stopping()) {
        if (!running_.compare_exchange_weak(now, now + 1)) continue;
        counts.running.add(1);
        return true;
    }
    counts.turned_away.add();
    return false;
}

void Relays::leave() {
    --running_;
    counts.running.add(-1);
}

void Relays::ask(std::shared_ptr<Relay> relay) {
    {
        const std::lock_guard lock(mutex_);
        asked_.push_back(std::move(relay));
    }
    curl_multi_wakeup(multi_.get());
}

void Relays::later(std::shared_ptr<Relay> relay, RelayStep step, milliseconds wait) {
    {
        const std::lock_guard lock(mutex_);
        timed_.emplace_back(Clock::now() + wait, Timed{std::move(relay), step});
    }
    curl_multi_wakeup(multi_.get());
}

void Relays::stop() {
    stop_by_ = Clock::now() + time_to_stop;
    stopping_ = true;
    curl_multi_wakeup(multi_.get());
}

void Relays::to_worker(std::shared_ptr<Relay> relay, RelayStep step) {
    Job job{.connection = nullptr, .socket = -1, .request = {}, .refusal = {}, .close = false};
    job.relay = std::move(relay);
    job.step = step;
    jobs_.push(std::move(job));
}

bool Relays::begin_asked() {
    std::vector<std::shared_ptr<Relay>> asked;
    {
        const std::lock_guard lock(mutex_);
        if (ended_) return false;
        asked.swap(asked_);
    }
    for (auto &relay : asked) {
        kept_.push_back(relay);
        next_backend(relay);
    }
    return true;
}

void Relays::next_backend(const std::shared_ptr<Relay> &relay) {
    const auto now = Clock::now();
    const auto left = in_milliseconds(relay->ends_at - now);
    const auto next = relay->tried.size();
    if (next == 0) relay->asked = now;
    if (next >= relay->seat->backends.size() || left.count() <= 0 || now >= stop_by_.load())
        return to_worker(relay, RelayStep::finish);
    const auto &backend = settings_.backends.at(relay->seat->backends[next]);
    auto call = std::make_unique<BackendCall>(
        backend, request_body(backend, relay->messages, relay->stream != nullptr),
        settings_.answer_bytes, relay->stream, left);
    auto *handle = call->handle();
    calls_[handle] = {relay, std::move(call), &backend, now};
    curl_multi_add_handle(multi_.get(), handle);
}

void Relays::settle(CURL *handle, CURLcode code) {
    auto found = calls_.find(handle);
    auto running = std::move(found->second);
    curl_multi_remove_handle(multi_.get(), handle);
    auto result = running.call->finish(code);
    calls_.erase(found);
    auto &relay = *running.relay;
    const auto took = Clock::now() - running.began;
    relay.tried.push_back(
        {running.backend->name, running.backend->model, result.error_class, in_milliseconds(took)});
    counts.note(relay.seat->name, running.backend->name, result.error_class,
                std::chrono::duration_cast<std::chrono::microseconds>(took));
    // What has been read along cannot be taken back: it is the answer, as far as it came.
    if (!result.answer.empty()) {
        relay.answer = std::move(result.answer);
        relay.model = std::move(result.model);
        relay.partial = !result.error_class.empty();
        relay.latency = in_milliseconds(Clock::now() - relay.asked);
        return to_worker(std::move(running.relay), RelayStep::finish);
    }
    next_backend(running.relay);
}

milliseconds Relays::run_timers() {
    const auto now = Clock::now();
    std::vector<Timed> due;
    auto wait = longest_poll;
    {
        const std::lock_guard lock(mutex_);
        std::erase_if(timed_, [&](auto &each) {
            if (each.first > now && !stopping_) {
                wait = std::min(wait, in_milliseconds(each.first - now) + milliseconds(1));
                return false;
            }
            due.push_back(std::move(each.second));
            return true;
        });
    }
    for (auto &each : due) to_worker(std::move(each.relay), each.step);
    if (now >= next_keep_) {
        next_keep_ = now + keep_interval;
        std::erase_if(kept_, [](const auto &each) { return each.expired(); });
        for (const auto &each : kept_)
            if (auto relay = each.lock()) to_worker(std::move(relay), RelayStep::keep);
    }
    return wait;
}

void Relays::run() {
    while (begin_asked()) {
        int running = 0;
        curl_multi_perform(multi_.get(), &running);
        int left = 0;
        while (const auto *message = curl_multi_info_read(multi_.get(), &left))
            if (message->msg == CURLMSG_DONE) settle(message->easy_handle, message->data.result);
        while (!calls_.empty() && Clock::now() >= stop_by_.load())
            settle(calls_.begin()->first, CURLE_ABORTED_BY_CALLBACK);
        const auto wait = run_timers();
        curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(wait.count()), nullptr);
    }
}

}  // namespace gateway
