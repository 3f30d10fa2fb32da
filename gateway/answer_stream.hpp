// An answer that is read along while it is written: the relays' thread adds to it, the front takes
// what its client has room for. A client that leaves changes nothing for who writes.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gateway {

class Connection;

class AnswerStream {
public:
    // `wake` tells the front that there is something to take.
    explicit AnswerStream(std::function<void()> wake) : wake_(std::move(wake)) {}

    void add(std::string_view text);
    // The last event, JSON as its data.
    void end(std::string_view event, std::string json);

    struct Part {
        std::string bytes;  // Server-Sent Events
        bool last = false;
    };
    Part take();

private:
    const std::function<void()> wake_;
    std::mutex mutex_;
    std::string text_;
    std::string last_;
    bool ended_ = false;
    bool told_ = false;
};

// One event; what is sent at once where the answer is there already.
std::string answer_event(std::string_view event, std::string_view json);
std::string token_event(std::string_view text);

// Those whose clients the front has.
class AnswerStreams {
public:
    using Clock = std::chrono::steady_clock;

    void admit(Connection &connection, std::shared_ptr<AnswerStream> stream);
    void forget(Connection &connection) { streams_.erase(&connection); }
    bool has(Connection &connection) const { return streams_.contains(&connection); }

    struct Message {
        Connection *connection;
        std::string bytes;
        bool last;
    };
    // What is due to clients that have taken all that they were told before.
    std::vector<Message> due(Clock::time_point now);

private:
    struct Reader {
        std::shared_ptr<AnswerStream> stream;
        Clock::time_point next_beat;
    };
    std::unordered_map<Connection *, Reader> streams_;
};

}  // namespace gateway
