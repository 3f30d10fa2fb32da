// The event loop: one thread owns the listener, every connection and the clock.
// It never waits for a client or for the database; a connection that is idle,
// slow or being drained costs its memory and nothing else.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "announcer.hpp"
#include "answer_stream.hpp"
#include "config.hpp"
#include "metrics.hpp"
#include "queues.hpp"
#include "streams.hpp"

namespace gateway {

class Relays;

class Front {
public:
    // Binds and listens; throws std::system_error if it cannot. `signals` is a
    // signalfd: whatever comes on it means stop.
    Front(const Config &config, FrontCounts &counts, JobQueue &jobs, CompletionQueue &completions,
          int signals, const std::shared_ptr<UploadSweeper> &uploads, Relays *relays);
    ~Front();
    Front(const Front &) = delete;
    Front &operator=(const Front &) = delete;

    int port() const { return port_; }
    int metrics_port() const { return metrics_port_; }  // 0: there is no such listener

    // Serves until told to stop and all that was begun is answered. False if
    // some of it was not done in time.
    bool run();

private:
    using Clock = std::chrono::steady_clock;

    const Config &config_;
    FrontCounts &counts_;
    JobQueue &jobs_;
    CompletionQueue &completions_;
    const int signals_;
    const std::shared_ptr<UploadSweeper> uploads_;
    Relays *const relays_;  // null: no model is asked
    int epoll_ = -1;
    int listener_ = -1;
    int metrics_listener_ = -1;
    int port_ = 0;
    int metrics_port_ = 0;
    bool accepting_ = true;
    bool stopping_ = false;
    Clock::time_point stop_by_{};
    Clock::time_point next_sweep_{};
    std::size_t inflight_ = 0;
    Crowd crowd_;  // before the connections, which have places in it
    std::unordered_map<int, std::unique_ptr<Connection>> connections_;
    std::vector<int> unfinished_;  // had more to read when their turn was over
    Streams streams_;
    AnswerStreams answers_;
    Announcer announcer_;

    void watch(int descriptor, unsigned events);
    void accept_some(int listener);
    bool make_room();
    template <class Test>
    bool evict(const Test &test);
    std::unique_ptr<Connection> welcome(int client, const Address &peer, bool metrics_door);
    void pause_accepting(bool pause);
    void act(Connection &connection, Connection::Wish wish);
    void advance(Connection &connection);
    void take(std::vector<CompletionQueue::Completion> completions);
    void happened(int descriptor, unsigned events);
    void complete(Connection &connection, Outgoing outgoing);
    void tell(std::vector<Streams::Message> messages);
    void serve_streams();
    void serve_answers();
    bool is_done() const;
    void sweep();
    void stop();
};

}  // namespace gateway
