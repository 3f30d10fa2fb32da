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

class JobQueue {
public:
    void push(Job job) {
        {
            const std::lock_guard lock(mutex_);
            jobs_.push_back(std::move(job));
        }
        there_is_one_.notify_one();
    }

    // Waits. Nothing comes out after close().
    std::optional<Job> pop() {
        std::unique_lock lock(mutex_);
        there_is_one_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
        if (jobs_.empty()) return std::nullopt;
        Job job = std::move(jobs_.front());
        jobs_.pop_front();
        return job;
    }

    void close() {
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
        }
        there_is_one_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable there_is_one_;
    std::deque<Job> jobs_;
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
