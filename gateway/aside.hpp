// A thread beside the requests, which may hang in the database or at somebody's server: whoever
// ends it waits a moment and leaves it behind. So what it works on is shared with it, and may
// outlive its owner.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace gateway {

struct Aside {
    std::mutex mutex;
    std::condition_variable changed;
    bool stopping = false;
    bool ended = true;  // nothing was begun

    // Asks it to end. Does not wait for one that does not answer.
    void leave();
};

// Runs work(*state), which returns soon after stopping is set. The state has a member `aside`.
template <class State, class Work>
void begin_aside(const State &state, Work work) {
    state->aside.ended = false;
    std::thread([state, work = std::move(work)] {
        work(*state);
        const std::lock_guard lock(state->aside.mutex);
        state->aside.ended = true;
        state->aside.changed.notify_all();
    }).detach();
}

}  // namespace gateway
