// All open streams, kept by the front: who is to be woken by what was announced,
// who is due a sign of life, who has to be looked at again or has lived long
// enough. A stream that waits holds a socket and some hundred bytes; a woken one
// borrows a worker for one reading, and only some workers at a time.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "announcer.hpp"
#include "queues.hpp"

namespace gateway {

class Streams {
public:
    using Clock = std::chrono::steady_clock;

    Streams(const Config &config, JobQueue &jobs);

    bool empty() const { return streams_.empty(); }
    std::size_t size() const { return streams_.size(); }
    // Opened by a worker, nothing sent yet. False if there are too many already.
    bool admit(Connection &connection, std::shared_ptr<Subscription> subscription);
    // Back from a worker with what it has read, which is still to be written.
    void returned(Connection &connection, Outgoing &outgoing);
    void forget(Connection &connection);

    void announce(const Announcement &announcement);
    // Hands streams that were woken and whose clients keep up to the workers.
    void dispatch();
    // Streams that are to get some bytes now: heartbeats, and the last event of those
    // that are over. The front writes, since writing may close a connection.
    struct Message {
        Connection *connection;
        std::string bytes;
        bool last;
    };
    std::vector<Message> due(Clock::time_point now);
    std::vector<Message> end_all();

private:
    struct Stream {
        Connection *connection;
        std::shared_ptr<Subscription> subscription;  // null while a worker has it
        std::string token_id;
        std::string user_id;
        std::string session_id;
        std::vector<std::string> owners;
        std::string known;  // announced since the last reading
        std::size_t known_count = 0;
        std::string marked;        // the place the client was last told
        bool looks_itself = true;  // what was announced is not all that it may have missed
        bool queued = false;
        Clock::time_point next_beat;
        Clock::time_point next_check;
        Clock::time_point ends_at;
    };

    const Config &config_;
    JobQueue &jobs_;
    const std::size_t readings_at_once_;
    std::size_t readings_ = 0;
    bool stopping_ = false;
    std::string seen_;
    std::unordered_map<Connection *, std::unique_ptr<Stream>> streams_;
    std::unordered_map<std::string, std::vector<Stream *>> by_owner_;
    std::unordered_map<std::string, std::vector<Stream *>> by_user_;
    std::unordered_map<std::string, int> by_token_;
    std::deque<Stream *> woken_;
    std::minstd_rand random_{std::random_device{}()};

    void wake(Stream &stream);
    void learn(Stream &stream, const Subscription &subscription);
    void start_reading(Stream &stream);
    void tell_owner_streams(const Announced &entry);
    int jittered(int number);
    std::chrono::milliseconds spread(std::chrono::milliseconds most);
};

}  // namespace gateway
