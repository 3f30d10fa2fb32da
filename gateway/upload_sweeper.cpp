#include "upload_sweeper.hpp"

#include <chrono>
#include <random>
#include <utility>
#include <vector>

#include "aside.hpp"
#include "database.hpp"
#include "statements.hpp"

namespace gateway {

namespace {

constexpr int sweep_seconds = 60;
// Of one person's keys each sweep holds for a moment; others who wait get their turn between.
constexpr auto pause = std::chrono::milliseconds(50);

// Gateways that were started together do not sweep together.
std::chrono::milliseconds until_next_sweep() {
    thread_local std::minstd_rand random{std::random_device{}()};
    return std::chrono::milliseconds(
        std::uniform_int_distribution<>(sweep_seconds * 500, sweep_seconds * 1500)(random));
}

struct Abandoned {
    std::string token;
    std::string upload;
};

}  // namespace

struct UploadSweeper::State {
    Aside aside;
    std::vector<Abandoned> abandoned;
};

UploadSweeper::UploadSweeper(const Door &door) : state_(std::make_shared<State>()) {
    begin_aside(state_, [door](State &state) { run(state, door); });
}

UploadSweeper::~UploadSweeper() {
    state_->aside.leave();
}

void UploadSweeper::abandon(std::string token, std::string upload) {
    const std::lock_guard lock(state_->aside.mutex);
    state_->abandoned.push_back({std::move(token), std::move(upload)});
    state_->aside.changed.notify_all();
}

void UploadSweeper::run(State &state, const Door &door) {
    Aside &aside = state.aside;
    Database database(door);
    const Call sweep{&statements::sweep_uploads, {}};
    std::unique_lock lock(aside.mutex);
    for (bool first = true; !aside.stopping; first = false) {
        // At once after a start: whoever was killed here before may have left something.
        if (!first)
            aside.changed.wait_for(lock, until_next_sweep(),
                                   [&] { return aside.stopping || !state.abandoned.empty(); });
        const auto abandoned = std::exchange(state.abandoned, {});
        lock.unlock();
        // What cannot be said now, because the token is no longer good or the database is away,
        // expires by itself.
        for (const auto &[token, upload] : abandoned) {
            const Call call{&statements::abandon_upload, {upload}};
            database.attempt(token, {&call, 1}, Repeat::safe);
        }
        for (bool more = true; more;) {
            const auto outcome = database.attempt_open({&sweep, 1}, Repeat::safe);
            more = !outcome.failure && outcome.rows[0].integer(0, 0) > 0;
            lock.lock();
            more = more && !aside.changed.wait_for(lock, pause, [&] { return aside.stopping; });
            if (more) lock.unlock();
        }
    }
}

}  // namespace gateway
