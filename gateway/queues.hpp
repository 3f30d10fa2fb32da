// The two ways between the front and the workers: jobs out, answers back. Both
// are short: a connection has at most one request on its way.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <sys/eventfd.h>
#include <unistd.h>

#include "connection.hpp"

namespace gateway {

// The worker that became idle last gets the next job: its connection is warm, and
// while there is little to do the other connections are not even opened.
class JobQueue {
public:
    // Where one worker waits. It outlives the queue's last push.
    class Seat {
        friend class JobQueue;
        std::mutex mutex_;
        std::condition_variable woken_;
        std::optional<Job> job_;
        bool called_ = false;

        // Woken outside the lock, for which it would only have to wait again.
        void call(std::optional<Job> job) {
            {
                const std::lock_guard lock(mutex_);
                job_ = std::move(job);
                called_ = true;
            }
            woken_.notify_one();
        }

        std::optional<Job> wait() {
            std::unique_lock lock(mutex_);
            woken_.wait(lock, [this] { return called_; });
            called_ = false;
            return std::exchange(job_, std::nullopt);
        }
    };

    void push(Job job) {
        Seat *seat = nullptr;
        {
            const std::lock_guard lock(mutex_);
            if (idle_.empty()) {
                jobs_.push_back(std::move(job));
                return;
            }
            seat = idle_.back();
            idle_.pop_back();
        }
        seat->call(std::move(job));
    }

    // Waits. Nothing comes out once the queue is closed and empty.
    std::optional<Job> pop(Seat &seat) {
        {
            const std::lock_guard lock(mutex_);
            if (!jobs_.empty()) {
                Job job = std::move(jobs_.front());
                jobs_.pop_front();
                return job;
            }
            if (closed_) return std::nullopt;
            idle_.push_back(&seat);
        }
        return seat.wait();
    }

    std::size_t depth() {
        const std::lock_guard lock(mutex_);
        return jobs_.size();
    }

    void close() {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        for (auto *seat : std::exchange(idle_, {})) seat->call(std::nullopt);
    }

private:
    std::mutex mutex_;
    std::deque<Job> jobs_;
    std::vector<Seat *> idle_;
    bool closed_ = false;
};

// Most answers are written by their worker, and the front has nothing to do until
// the client asks again: it is woken for those alone where it has.
class CompletionQueue {
public:
    using Completion = std::pair<Connection *, Outgoing>;

    CompletionQueue() : event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
    ~CompletionQueue() { close(event_); }
    CompletionQueue(const CompletionQueue &) = delete;
    CompletionQueue &operator=(const CompletionQueue &) = delete;

    // Readable while there is something that should be taken at once.
    int descriptor() const { return event_; }

    void push(Connection *connection, Outgoing rest, bool urgent) {
        {
            const std::lock_guard lock(mutex_);
            completions_.emplace_back(connection, std::move(rest));
            urgent = urgent || all_urgent_ || std::erase(awaited_, connection) > 0;
            if (!urgent || std::exchange(signalled_, true)) return;
        }
        eventfd_write(event_, 1);
    }

    // The front has something to do that is no completion.
    void wake() {
        {
            const std::lock_guard lock(mutex_);
            if (std::exchange(signalled_, true)) return;
        }
        eventfd_write(event_, 1);
    }

    std::vector<Completion> take() {
        const std::lock_guard lock(mutex_);
        return take_locked();
    }

    // The client of a connection that is at work has done something: if its answer
    // is not here yet, the front wants to be woken for it.
    std::vector<Completion> take_or_await(const Connection *connection) {
        const std::lock_guard lock(mutex_);
        const auto here = [&](const Completion &each) { return each.first == connection; };
        if (std::none_of(completions_.begin(), completions_.end(), here))
            awaited_.push_back(connection);
        return take_locked();
    }

    // From now on: the front is about to stop, and waits for every answer.
    void await_all() {
        const std::lock_guard lock(mutex_);
        all_urgent_ = true;
    }

private:
    const int event_;
    std::mutex mutex_;
    std::vector<Completion> completions_;
    std::vector<const Connection *> awaited_;
    bool signalled_ = false;
    bool all_urgent_ = false;

    std::vector<Completion> take_locked() {
        if (std::exchange(signalled_, false)) {
            eventfd_t count = 0;
            eventfd_read(event_, &count);
        }
        return std::exchange(completions_, {});
    }
};

}  // namespace gateway
