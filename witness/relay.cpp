#include "relay.hpp"

#include <algorithm>
#include <exception>

namespace witness {

namespace {

constexpr std::chrono::milliseconds first_pause{500};
constexpr std::chrono::milliseconds longest_pause{60'000};

}  // namespace

Relay::Relay(std::string name, Deliver deliver, std::chrono::milliseconds timeout)
    : name_(std::move(name)),
      deliver_(std::move(deliver)),
      ledger_(timeout),
      thread_([this] { work(); }) {}

Relay::~Relay() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Relay::offer(const Handover &newest) {
    {
        const std::lock_guard lock(mutex_);
        newest_ = newest;
    }
    changed_.notify_all();
}

std::optional<Handover> Relay::next(std::uint64_t delivered) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ending_ || newest_.size > delivered; });
    if (ending_) return std::nullopt;
    return newest_;
}

bool Relay::pause(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, time, [this] { return ending_; });
}

// A report that does not arrive stops nothing: the next one says the same.
void Relay::report(std::optional<std::uint64_t> size, const std::optional<std::string> &error) {
    if (error) say(name_ + ": " + *error);
    try {
        ledger_.report(name_, size, error);
    } catch (const std::exception &failure) {
        say(name_ + ": cannot report: " + failure.what());
    }
}

void Relay::work() {
    std::uint64_t delivered = 0;
    auto wait = first_pause;
    while (const auto handover = next(delivered)) {
        std::optional<std::string> error;
        try {
            error = deliver_(*handover, ledger_);
        } catch (const std::exception &failure) {
            error = failure.what();
        }
        if (!error) {
            delivered = handover->size;
            wait = first_pause;
            report(delivered, std::nullopt);
            continue;
        }
        report(std::nullopt, error);
        if (!pause(wait)) return;
        wait = std::min(wait * 2, longest_pause);
    }
}

}  // namespace witness
