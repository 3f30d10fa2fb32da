// One libpq connection in pipeline mode: a list of calls goes out with one Sync,
// and counts as done only when the answer to the Sync has come, because that is
// when Postgres has committed. No call here waits longer than the deadline.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <unordered_set>

#include <libpq-fe.h>

#include "database.hpp"

namespace gateway {

class Pipeline {
public:
    // Null if the database cannot be reached.
    static std::unique_ptr<Pipeline> open(const Door &door);

    // False once the connection is of no more use.
    bool usable() const { return usable_; }
    // Looks, without waiting, whether the server has said goodbye meanwhile. A
    // call that has not been sent can go to another connection without risk.
    bool still_there();

    Outcome run(std::span<const Call> calls);

private:
    struct Finish {
        void operator()(PGconn *connection) const { PQfinish(connection); }
    };
    using Clock = std::chrono::steady_clock;

    std::unique_ptr<PGconn, Finish> connection_;
    std::unordered_set<std::string> prepared_;
    bool usable_ = true;

    const bool pooled_;

    Pipeline(PGconn *connection, bool pooled) : connection_(connection), pooled_(pooled) {}

    bool send(std::span<const Call> calls, std::vector<const Statement *> &preparing);
    bool prepare(std::span<const Call> calls, std::vector<const Statement *> &preparing);
    bool send(const Call &call);
    bool flush(Clock::time_point deadline);
    PGresult *next_result(Clock::time_point deadline, bool &lost);
    bool wait(short events, Clock::time_point deadline);
    Outcome lost();
};

}  // namespace gateway
