#include "connection.hpp"

#include <array>
#include <cerrno>

#include <sys/socket.h>
#include <unistd.h>

#include "caller.hpp"
#include "framing.hpp"

namespace gateway {

namespace {

using std::chrono::seconds;

constexpr std::size_t read_size = std::size_t{64} << 10;
constexpr std::size_t generous_size = std::size_t{1} << 20;
// A fast sender gets so many reads in a row, then it is another one's turn.
constexpr int reads_a_turn = 16;
constexpr auto write_timeout = seconds(30);  // without any progress
constexpr auto linger_timeout = seconds(5);

// Assigning an empty string keeps the old one's memory; this gives it back.
template <class T>
void release(T &value) {
    T empty{};
    std::swap(value, empty);
}

}  // namespace

Connection::Connection(int socket, const Config &config, std::size_t &inflight,
                       const std::shared_ptr<UploadSweeper> &sweeper)
    : socket_(socket), config_(config), inflight_(inflight), sweeper_(sweeper) {
    set_deadline(config_.idle_timeout);
}

Connection::~Connection() {
    count(0);
    close(socket_);
}

bool Connection::is_silent() const {
    char next = 0;
    return recv(socket_, &next, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

void Connection::count(std::size_t bytes) {
    inflight_ = inflight_ - counted_ + bytes;
    counted_ = bytes;
}

Connection::Wish Connection::advance() {
    for (int turns = 0; turns < reads_a_turn;) {
        Step step = Step::wait;
        switch (phase_) {
            case Phase::head:
                step = take_head();
                break;
            case Phase::body:
                step = take_body();
                break;
            case Phase::ready:
                return Wish::run_job;
            case Phase::busy:
                return Wish::nothing;
            case Phase::writing:
                step = write_some();
                break;
            case Phase::listening:
            case Phase::lingering:
                break;
        }
        if (step == Step::stop) return Wish::close;
        if (step == Step::again) continue;
        // More must come in, or go out.
        if (phase_ == Phase::writing) return Wish::nothing;
        if (ended_) return Wish::close;
        if (!readable_) return Wish::nothing;
        ++turns;
        if (read_some() == Step::stop) return Wish::close;
    }
    return Wish::call_again;
}

Connection::Step Connection::read_some() {
    std::array<char, read_size> buffer;
    // Behind the request at hand nothing is read: the next one waits in the kernel. Where a
    // body ends that comes in chunks is seen only in what was read.
    std::size_t wanted = buffer.size();
    const bool in_chunks = phase_ == Phase::body && request_.head.chunked;
    if (phase_ == Phase::head)
        wanted = maximum_head_bytes - std::min(input_.size(), maximum_head_bytes - 1);
    else if (phase_ == Phase::body && !in_chunks)
        wanted = std::min({wanted, body_left_,
                           request_.upload ? upload_part_bytes - request_.body.size() : wanted});
    const auto received = recv(socket_, buffer.data(), wanted, MSG_DONTWAIT);
    if (received < 0) {
        if (errno == EINTR) return Step::again;
        if (errno != EAGAIN && errno != EWOULDBLOCK) return Step::stop;
        readable_ = false;
        return Step::wait;
    }
    if (received == 0) {
        ended_ = true;
        return Step::again;
    }
    const auto size = static_cast<std::size_t>(received);
    drained_ = size < wanted;
    if (in_chunks) {
        input_.append(buffer.data(), size);
    } else if (phase_ == Phase::body) {
        // Room for all of it only when the client has shown that it means it.
        if (request_.body.size() > generous_size)
            request_.body.reserve(request_.upload ? upload_part_bytes
                                                  : request_.head.content_length);
        request_.body.append(buffer.data(), size);
        body_left_ -= size;
        count(request_.body.size());
    } else if (phase_ == Phase::head) {
        if (input_.empty()) set_deadline(config_.header_timeout);
        input_.append(buffer.data(), size);
    }
    return Step::again;
}

Connection::Step Connection::take_head() {
    if (draining_ && input_.empty()) return Step::stop;
    std::size_t end = 0;
    try {
        end = find_head_end(input_, scanned_);
        if (end == 0) return Step::wait;
        request_.head = parse_head(std::string_view(input_).substr(0, end));
        if (is_proxys_) take_place();
        begin_body();
    } catch (const Problem &problem) {
        refuse(problem);
        return Step::again;
    }
    request_.body.assign(input_, end, request_.head.content_length);
    input_.erase(0, end + request_.body.size());
    body_left_ = request_.head.content_length - request_.body.size();
    count(request_.body.size());
    phase_ = Phase::body;
    if (request_.head.expects_continue && !body_is_whole()) {
        Outgoing go_on{.head = "HTTP/1.1 100 Continue\r\n\r\n", .body = {}};
        if (!send_some(socket_, go_on)) return Step::stop;
    }
    return Step::again;
}

void Connection::take_place() {
    place_ = crowd_->enter(caller_of(peer_, request_.head, config_));
    if (place_) return;
    auto problem = Problem::of("too-many-connections", "too many requests of yours at once");
    problem.retry_after = 1;
    throw problem;
}

void Connection::refuse(Problem problem) {
    refusal_ = std::move(problem);
    release(request_.body);
    request_.upload.reset();
    count(0);
    phase_ = Phase::ready;
}

Job Connection::take_job() {
    phase_ = Phase::busy;
    if (output_.download)
        return {.connection = this,
                .socket = socket_,
                .request = {},
                .refusal = {},
                .close = false,
                .subscription = {},
                .download = std::move(output_.download)};
    request_.arrived = Clock::now();
    request_.peer = peer_;
    request_.at_metrics_door = metrics_door_;
    // What is refused before it was all read cannot be followed by anything.
    const bool close = refusal_ || draining_ || !request_.head.keep_alive || !body_is_whole();
    const bool eager = !input_.empty() || !drained_ || ended_ || draining_ ||
                       counted_ > read_size || request_.upload;
    body_taken_ += request_.body.size();
    // Of an upload the head is needed with each part.
    std::string body = std::exchange(request_.body, {});
    Request taken = request_.upload ? request_ : std::exchange(request_, {});
    taken.body = std::move(body);
    return {.connection = this,
            .socket = socket_,
            .request = std::move(taken),
            .refusal = std::move(refusal_),
            .close = close,
            .eager = eager};
}

void Connection::completed(Outgoing rest) {
    if (rest.more) {
        phase_ = Phase::body;
        count(0);
        return next_part();
    }
    request_.upload.reset();
    output_ = std::move(rest);
    if (output_.subscription || output_.reading) {
        is_stream_ = true;
        output_.subscription.reset();
        output_.reading.reset();
        release(input_);  // nothing is asked behind a stream
    }
    if (draining_) output_.close = true;
    phase_ = Phase::writing;
    set_deadline(write_timeout);
}

Job Connection::take_stream_job(std::shared_ptr<Subscription> subscription) {
    phase_ = Phase::busy;
    return {.connection = this,
            .socket = socket_,
            .request = {},
            .refusal = {},
            .close = false,
            .eager = true,
            .subscription = std::move(subscription)};
}

void Connection::tell(std::string bytes, bool last) {
    completed({.head = {}, .body = std::move(bytes), .close = last});
}

void Connection::refuse_stream(Problem problem) {
    is_stream_ = false;
    release(output_);
    refuse(std::move(problem));
}

Connection::Step Connection::write_some() {
    if (output_.left() > 0) {
        if (!writable_) return Step::wait;
        const auto before = output_.sent;
        if (!send_some(socket_, output_)) return Step::stop;
        if (output_.sent > before) set_deadline(write_timeout);
        if (output_.left() > 0) {
            writable_ = false;
            return Step::wait;
        }
    }
    if (!output_.close && output_.download) {
        count(0);
        phase_ = Phase::ready;
        return Step::again;
    }
    if (!output_.close && is_stream_ && !draining_) {
        release(output_);
        phase_ = Phase::listening;
        deadline_ = Clock::time_point::max();
        return Step::again;
    }
    if (!output_.close && !is_stream_) {
        next_request();
        return Step::again;
    }
    if (ended_) return Step::stop;
    // Closing with unread input would make the kernel reset the connection and
    // the client lose the answer: say that we are done, then read to the end.
    shutdown(socket_, SHUT_WR);
    release(output_);
    release(input_);
    phase_ = Phase::lingering;
    set_deadline(linger_timeout);
    return Step::again;
}

void Connection::next_request() {
    count(0);
    release(output_);
    release(request_);
    refusal_.reset();
    if (is_proxys_) place_.reset();
    scanned_ = 0;
    phase_ = Phase::head;
    set_deadline(input_.empty() ? config_.idle_timeout : config_.header_timeout);
}

Connection::Wish Connection::expire() {
    if (phase_ == Phase::busy) return Wish::nothing;
    const bool begun = phase_ == Phase::body || (phase_ == Phase::head && !input_.empty());
    if (!begun) return Wish::close;
    refuse(Problem::of("request-timeout", "the request did not arrive in time"));
    return Wish::run_job;
}

}  // namespace gateway
