// One client socket: reads bytes until a request is whole, or the next part of a large
// file's content, hands it out, writes the answer, begins again. All of it without ever waiting;
// the front calls when the kernel says that something is possible. Requests of one connection are
// answered in order because only one is ever out.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "chunked.hpp"
#include "config.hpp"
#include "crowd.hpp"
#include "http_engine.hpp"
#include "problem.hpp"
#include "relay.hpp"
#include "request.hpp"
#include "sending.hpp"
#include "transfers.hpp"

namespace gateway {

// A whole request, a part of one, or why there is none, on its way to a worker.
struct Job {
    class Connection *connection;
    int socket;
    Request request;
    std::optional<Problem> refusal;
    bool close;
    // Something waits for the answer to be out: more of the client's, or the end.
    bool eager = false;
    std::shared_ptr<Subscription> subscription = {};  // a stream's next events, and no request
    std::shared_ptr<Download> download = {};          // a file's next part, and no request
    std::shared_ptr<Relay> relay = {};                // a question's next step, and no request
    RelayStep step = RelayStep::finish;
};

class Connection {
public:
    using Clock = std::chrono::steady_clock;
    enum class Wish { nothing, run_job, call_again, close };

    // `inflight` counts the bytes of bodies being received on all connections.
    // What is uploaded over it and does not arrive `sweeper` ends.
    Connection(int socket, const Config &config, std::size_t &inflight,
               const std::shared_ptr<UploadSweeper> &sweeper);
    ~Connection();
    Connection(const Connection &) = delete;
    Connection &operator=(const Connection &) = delete;

    // Does all that can be done now. After run_job the caller takes the job, and
    // the socket is the worker's until completed().
    Wish advance();
    Job take_job();
    // The worker has written what the socket took at once; the rest is ours.
    void completed(Outgoing rest);

    // Told to the requests that come over it. Without a place it is a trusted proxy's,
    // and takes one in `crowd` for each request's caller.
    void came_from(const Address &peer, bool metrics_door, Crowd &crowd,
                   std::optional<Crowd::Place> place) {
        peer_ = peer;
        metrics_door_ = metrics_door;
        is_proxys_ = !place;
        crowd_ = &crowd;
        place_ = std::move(place);
    }
    const Address &peer() const { return peer_; }

    // A stream whose client has all that was told: waits for events, or for nothing.
    bool listens() const { return phase_ == Phase::listening; }
    bool is_stream() const { return is_stream_; }
    Job take_stream_job(std::shared_ptr<Subscription> subscription);
    // Only while it listens.
    void tell(std::string bytes, bool last);
    // Instead of the stream that has just been opened, and of which nothing was sent.
    void refuse_stream(Problem problem);

    void readable() { readable_ = true; }
    void writable() { writable_ = true; }
    // The time is up: closes quietly, or after telling the client why.
    Wish expire();

    bool busy() const { return phase_ == Phase::busy; }
    // Between two requests, with nothing received of the next.
    bool idle() const { return phase_ == Phase::head && input_.empty(); }
    // Nothing has come that is not read yet either.
    bool is_silent() const;
    // Nothing more will be read after the answer that is due, if any.
    void finish_soon() { draining_ = true; }
    Clock::time_point deadline() const { return deadline_; }
    int socket() const { return socket_; }

private:
    enum class Phase { head, body, ready, busy, writing, listening, lingering };

    const int socket_;
    Address peer_;
    bool metrics_door_ = false;
    bool is_proxys_ = false;
    Crowd *crowd_ = nullptr;
    std::optional<Crowd::Place> place_;
    const Config &config_;
    std::size_t &inflight_;
    const std::shared_ptr<UploadSweeper> &sweeper_;
    Phase phase_ = Phase::head;
    Clock::time_point deadline_;
    bool readable_ = true;
    bool writable_ = true;
    bool drained_ = true;    // the last reading took all there was
    bool ended_ = false;     // the client will send no more
    bool draining_ = false;  // the gateway is stopping
    bool is_stream_ = false;
    std::string input_;  // received, not yet consumed
    std::size_t scanned_ = 0;
    Request request_;
    std::size_t body_left_ = 0;     // that has not been received, where that is known
    std::uint64_t body_taken_ = 0;  // in parts that were handed out
    ChunkDecoder chunks_;
    std::optional<Problem> refusal_;
    std::size_t counted_ = 0;  // our part of inflight_
    Outgoing output_;

    enum class Step { again, wait, stop };
    Step read_some();
    Step take_head();
    Step take_body();
    Step write_some();
    void refuse(Problem problem);
    void take_place();
    void begin_body();
    void take_chunks();
    bool body_is_whole() const;
    bool part_is_full() const;
    void next_part();
    void count(std::size_t bytes);
    void next_request();
    void set_deadline(Clock::duration from_now) { deadline_ = Clock::now() + from_now; }
};

}  // namespace gateway
