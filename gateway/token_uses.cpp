#include "token_uses.hpp"

#include <chrono>
#include <functional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "aside.hpp"
#include "database.hpp"
#include "statements.hpp"

namespace gateway {

namespace {

using Clock = std::chrono::steady_clock;
// A token is known by a hash of 64 bits of its 256: it cannot be read back from here.
using Key = std::size_t;

constexpr std::size_t most_tokens = 100'000;
constexpr std::size_t most_noted = 10'000;
// Until the database has said when it wants to hear again.
constexpr auto until_told = std::chrono::minutes(1);
// Those of one burst go together.
constexpr auto gathering = std::chrono::milliseconds(200);

Key key_of(const std::string &token) {
    return std::hash<std::string>{}(token);
}

}  // namespace

struct TokenUses::State {
    Aside aside;
    std::unordered_map<Key, Clock::time_point> due;
    std::vector<std::string> noted;
};

TokenUses::TokenUses(const Door &door) : state_(std::make_shared<State>()) {
    begin_aside(state_, [door](State &state) { run(state, door); });
}

TokenUses::~TokenUses() {
    state_->aside.leave();
}

void TokenUses::note(const std::string &token) {
    const Key key = key_of(token);
    const auto now = Clock::now();
    const std::lock_guard lock(state_->aside.mutex);
    const auto found = state_->due.find(key);
    if (found != state_->due.end() && now < found->second) return;
    if (state_->due.size() >= most_tokens) state_->due.clear();
    if (state_->noted.size() >= most_noted) return;
    state_->due[key] = now + until_told;
    state_->noted.push_back(token);
    if (state_->noted.size() == 1) state_->aside.changed.notify_all();
}

void TokenUses::run(State &state, const Door &door) {
    Aside &aside = state.aside;
    Database database(door);
    const Call call{&statements::note_token_use, {}};
    std::unique_lock lock(aside.mutex);
    while (!aside.stopping) {
        aside.changed.wait(lock, [&] { return aside.stopping || !state.noted.empty(); });
        aside.changed.wait_for(lock, gathering, [&] { return aside.stopping; });
        // What is lost at the end is when somebody was last here.
        const auto noted = std::exchange(state.noted, {});
        for (const auto &token : noted) {
            if (aside.stopping) break;
            lock.unlock();
            const auto outcome = database.attempt(token, {&call, 1}, Repeat::never);
            lock.lock();
            if (outcome.failure) continue;  // again in a minute, if the token is still used
            const std::chrono::seconds again(outcome.rows[0].integer(0, 0));
            state.due[key_of(token)] = Clock::now() + again;
        }
    }
}

}  // namespace gateway
