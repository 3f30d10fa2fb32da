#include "database.hpp"

#include <algorithm>
#include <atomic>
#include <random>

#include "pipeline.hpp"
#include "statements.hpp"
#include "text.hpp"

namespace gateway {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds shortest_backoff{50};
constexpr milliseconds longest_backoff{1000};
constexpr int attempts_at_conflict = 3;
constexpr int attempts_at_lost = 3;

// Each worker waits a little differently, so that they do not all knock at once
// at a server that has just come back.
milliseconds jittered(milliseconds base) {
    thread_local std::minstd_rand random{std::random_device{}()};
    return base / 2 + milliseconds(std::uniform_int_distribution<>(0, int(base.count()))(random));
}

// Where one gets through, the others need not wait until it is their turn to knock.
std::atomic<unsigned> arrivals{0};

bool connection_lost(const Failure &failure) {
    return failure.sqlstate.starts_with("08") || failure.sqlstate.starts_with("57P");
}

bool transaction_conflict(const Failure &failure) {
    return failure.sqlstate == "40001" || failure.sqlstate == "40P01";
}

// After an upgrade of the extension, plans and statements of old are refused; a
// new connection has none.
bool stale_plan(const Failure &failure) {
    return failure.sqlstate == "0A000" || failure.sqlstate == "26000";
}

}  // namespace

std::int64_t Rows::integer(int row, int column) const {
    return parse_integer(text(row, column)).value_or(0);
}

std::size_t Rows::json_size() const {
    constexpr std::size_t of_a_name = 16;  // with its quotes, colon and comma
    const auto cells =
        static_cast<std::size_t>(count()) * static_cast<std::size_t>(PQnfields(result_.get()));
    return PQresultMemorySize(result_.get()) + cells * of_a_name;
}

Problem Failure::problem() const {
    auto problem = Problem::of_sqlstate(sqlstate, message);
    problem.details = details;
    problem.token_refused = true;
    return problem;
}

Database::Database(Door door, DatabaseCounts *counts) : door_(std::move(door)), counts_(counts) {}
Database::~Database() = default;

void Database::begin_request(std::string application_name) {
    application_name_ = std::move(application_name);
    spent_ = {};
}

bool Database::connect() {
    if (pipeline_ && pipeline_->still_there()) return true;
    pipeline_.reset();
    if (counts_) counts_->connected.set(0);
    if (Clock::now() < next_connect_ && arrivals == arrivals_known_) return false;
    arrivals_known_ = arrivals;
    pipeline_ = Pipeline::open(door_);
    if (pipeline_) {
        ++arrivals;
        backoff_ = milliseconds(0);
        if (counts_) counts_->connects.add();
        if (counts_) counts_->connected.set(1);
        return true;
    }
    if (counts_) counts_->connects_failed.add();
    backoff_ = std::clamp(backoff_ * 2, shortest_backoff, longest_backoff);
    next_connect_ = Clock::now() + jittered(backoff_);
    return false;
}

Outcome Database::run_once(std::span<const Call> calls) {
    const auto began = Clock::now();
    auto outcome = pipeline_->run(calls);
    if (counts_)
        counts_->round_trip.observe(
            std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began));
    if (!pipeline_->usable()) {
        pipeline_.reset();
        if (counts_) counts_->connected.set(0);
    }
    return outcome;
}

Outcome Database::repeat_until_heard(std::span<const Call> calls, Repeat repeat) {
    bool replanned = false;
    for (int conflicts = 0, losses = 0;;) {
        if (!connect()) return Outcome{.rows = {}, .failure = Failure{.sqlstate = "08001"}};
        auto outcome = run_once(calls);
        if (!outcome.failure) return outcome;

        // Rolled back for certain: the server said so, and what it did is undone.
        if (transaction_conflict(*outcome.failure) && ++conflicts < attempts_at_conflict) continue;
        if (stale_plan(*outcome.failure)) {
            pipeline_.reset();
            if (!std::exchange(replanned, true)) continue;
        }
        // Perhaps committed, the answer lost: only what may run twice runs again.
        if (connection_lost(*outcome.failure)) {
            pipeline_.reset();
            if (repeat == Repeat::safe && ++losses < attempts_at_lost) continue;
        }
        return outcome;
    }
}

Outcome Database::attempt(const std::string &token, std::span<const Call> calls, Repeat repeat) {
    const auto began = Clock::now();
    if (calls.size() == 1 && calls[0].statement->with_token && application_name_.empty()) {
        Call alone{calls[0].statement->with_token, calls[0].parameters};
        alone.parameters.emplace_back(token);
        auto outcome = repeat_until_heard(std::span(&alone, 1), repeat);
        spent_ += std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began);
        return outcome;
    }
    std::vector<Call> all;
    all.reserve(calls.size() + 2);
    if (!application_name_.empty()) all.push_back({&statements::name_session, {application_name_}});
    all.push_back({&statements::authenticate, {token}});
    const auto ours = static_cast<std::ptrdiff_t>(all.size());
    all.insert(all.end(), calls.begin(), calls.end());
    auto outcome = repeat_until_heard(all, repeat);
    if (!outcome.failure) outcome.rows.erase(outcome.rows.begin(), outcome.rows.begin() + ours);
    spent_ += std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began);
    return outcome;
}

std::vector<Rows> Database::run(const std::string &token, std::span<const Call> calls,
                                Repeat repeat) {
    auto outcome = attempt(token, calls, repeat);
    if (outcome.failure) throw outcome.failure->problem();
    return std::move(outcome.rows);
}

std::vector<Rows> Database::run_open(std::span<const Call> calls) {
    auto outcome = attempt_open(calls, Repeat::safe);
    if (outcome.failure) throw outcome.failure->problem();
    return std::move(outcome.rows);
}

Outcome Database::attempt_open(std::span<const Call> calls, Repeat repeat) {
    const auto began = Clock::now();
    auto outcome = repeat_until_heard(calls, repeat);
    spent_ += std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began);
    return outcome;
}

}  // namespace gateway
