// The two ways between the front and the workers: jobs out, answers back. Both
// are short: a connection has at most one request on its way.
#pragma once

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
    void push(Job job) {
        const std::lock_guard lock(mutex_);
        if (idle_.empty()) {
            jobs_.push_back(std::move(job));
            return;
        }
        Idle *worker = idle_.back();
        idle_.pop_back();
        worker->job = std::move(job);
        worker->woken.notify_one();
    }

    // Waits. Nothing comes out once the queue is closed and empty.
    std::optional<Job> pop() {
        std::unique_lock lock(mutex_);
        if (!jobs_.empty()) {
            Job job = std::move(jobs_.front());
            jobs_.pop_front();
            return job;
        }
        if (closed_) return std::nullopt;
        Idle self;
        idle_.push_back(&self);
        self.woken.wait(lock, [&] { return self.job || closed_; });
        return std::move(self.job);
    }

    std::size_t depth() {
        const std::lock_guard lock(mutex_);
        return jobs_.size();
    }

    void close() {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        for (auto *worker : idle_) worker->woken.notify_one();
    }

private:
    struct Idle {
        std::condition_variable woken;
        std::optional<Job> job;
    };

    std::mutex mutex_;
    std::deque<Job> jobs_;
    std::vector<Idle *> idle_;
    bool closed_ = false;
};

class CompletionQueue {
public:
    using Completion = std::pair<Connection *, Outgoing>;

    CompletionQueue() : event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
    ~CompletionQueue() { close(event_); }
    CompletionQueue(const CompletionQueue &) = delete;
    CompletionQueue &operator=(const CompletionQueue &) = delete;

    // Readable while there is something to take.
    int descriptor() const { return event_; }

    void push(Connection *connection, Outgoing rest) {
        const std::lock_guard lock(mutex_);
        completions_.emplace_back(connection, std::move(rest));
        if (completions_.size() == 1) eventfd_write(event_, 1);
    }

    std::vector<Completion> take() {
        const std::lock_guard lock(mutex_);
        eventfd_t count = 0;
        eventfd_read(event_, &count);
        return std::exchange(completions_, {});
    }

private:
    const int event_;
    std::mutex mutex_;
    std::vector<Completion> completions_;
};

}  // namespace gateway
