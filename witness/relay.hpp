// Hands the newest checkpoint to one recipient, in a thread of its own with a connection of
// its own: one that is slow or gone holds up nobody else. What it misses meanwhile it need not
// have, as a newer checkpoint covers every older one.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "ledger.hpp"

namespace witness {

struct Handover {
    std::string note;
    std::uint64_t size = 0;
};

class Relay {
public:
    // What went wrong, or nothing. May use the connection for a proof.
    using Deliver = std::function<std::optional<std::string>(const Handover &, Ledger &)>;

    Relay(std::string name, Deliver deliver, std::chrono::milliseconds timeout);
    ~Relay();  // waits for a hand-over under way, which has a time limit
    Relay(const Relay &) = delete;
    Relay &operator=(const Relay &) = delete;

    void offer(const Handover &newest);

private:
    void work();
    std::optional<Handover> next(std::uint64_t delivered);
    bool pause(std::chrono::milliseconds time);  // false when it is time to end
    void report(std::optional<std::uint64_t> size, const std::optional<std::string> &error);

    std::string name_;
    Deliver deliver_;
    Ledger ledger_;
    std::mutex mutex_;
    std::condition_variable changed_;
    Handover newest_;
    bool ending_ = false;
    std::thread thread_;
};

// What every part of the program says: one line on standard error.
void say(const std::string &line);

}  // namespace witness
