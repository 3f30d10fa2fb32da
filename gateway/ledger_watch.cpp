#include "ledger_watch.hpp"

#include <chrono>

#include "aside.hpp"
#include "database.hpp"
#include "statements.hpp"

namespace gateway {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto interval = std::chrono::seconds(3);
constexpr auto too_old = std::chrono::seconds(30);
// Longer than any scraper's interval that is worth the query.
constexpr auto interest = std::chrono::minutes(3);
// An older extension has nothing to tell; asking it again is an error in its log.
constexpr auto retry = std::chrono::seconds(10);

}  // namespace

struct LedgerWatch::State {
    Aside aside;
    Clock::time_point wanted_until{};
    Clock::time_point as_of{};
    std::vector<Figure> figures;
};

LedgerWatch::LedgerWatch(const Door &door) : state_(std::make_shared<State>()) {
    begin_aside(state_, [door](State &state) { watch(state, door); });
}

LedgerWatch::~LedgerWatch() {
    state_->aside.leave();
}

std::vector<LedgerWatch::Figure> LedgerWatch::figures() {
    const std::lock_guard lock(state_->aside.mutex);
    const auto now = Clock::now();
    state_->wanted_until = now + interest;
    state_->aside.changed.notify_all();
    if (now - state_->as_of > too_old) return {};
    return state_->figures;
}

void LedgerWatch::watch(State &state, const Door &door) {
    Aside &aside = state.aside;
    Database database(door);
    std::unique_lock lock(aside.mutex);
    while (!aside.stopping) {
        if (Clock::now() > state.wanted_until) {
            aside.changed.wait(lock);
            continue;
        }
        lock.unlock();
        std::vector<Figure> figures;
        try {
            const Call status{&statements::ledger_figures, {}};
            const auto rows = database.run_open({&status, 1});
            for (int row = 0; row < rows[0].count(); ++row)
                figures.push_back({std::string(rows[0].text(row, 0)),
                                   std::string(rows[0].text(row, 1)),
                                   std::string(rows[0].text(row, 2))});
        } catch (const Problem &) {
            figures.clear();
        }
        lock.lock();
        const bool known = !figures.empty();
        if (known) state.as_of = Clock::now();
        state.figures = std::move(figures);
        aside.changed.wait_for(lock, known ? interval : retry, [&] { return aside.stopping; });
    }
}

}  // namespace gateway
