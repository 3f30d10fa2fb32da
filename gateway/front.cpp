#include "front.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "access_log.hpp"
#include "caller.hpp"
#include "listener.hpp"
#include "relays.hpp"

namespace gateway {

namespace {

constexpr auto sweep_interval = std::chrono::milliseconds(250);
constexpr auto drain_time = std::chrono::seconds(10);
constexpr unsigned unheard_of = 30'000;  // milliseconds

}  // namespace

Front::Front(const Config &config, FrontCounts &counts, JobQueue &jobs,
             CompletionQueue &completions, int signals,
             const std::shared_ptr<UploadSweeper> &uploads, Relays *relays)
    : config_(config),
      counts_(counts),
      jobs_(jobs),
      completions_(completions),
      signals_(signals),
      uploads_(uploads),
      relays_(relays),
      crowd_(config.max_connections_per_address),
      streams_(config, jobs),
      announcer_({.pooled = config.pooled}) {
    epoll_ = checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    listener_ = listen_on(config.listen, config.port);
    port_ = port_of(listener_);
    watch(listener_, EPOLLIN);
    if (config.metrics_port >= 0) {
        metrics_listener_ = listen_on(config.metrics_listen, config.metrics_port);
        metrics_port_ = port_of(metrics_listener_);
        watch(metrics_listener_, EPOLLIN);
    }
    watch(signals_, EPOLLIN);
    watch(completions_.descriptor(), EPOLLIN);
    watch(announcer_.descriptor(), EPOLLIN);
}

Front::~Front() {
    connections_.clear();
    for (const int listener : {listener_, metrics_listener_})
        if (listener >= 0) close(listener);
    close(epoll_);
}

void Front::watch(int descriptor, unsigned events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = descriptor;
    checked(epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event), "epoll_ctl");
}

void Front::pause_accepting(bool pause) {
    if (listener_ < 0 || accepting_ != pause) return;
    for (const int listener : {listener_, metrics_listener_}) {
        if (listener < 0) continue;
        epoll_event event{};
        if (!pause) event.events = EPOLLIN;
        event.data.fd = listener;
        epoll_ctl(epoll_, EPOLL_CTL_MOD, listener, &event);
    }
    if (pause) counts_.held_back.add();
    accepting_ = !pause;
}

// At the limit the connection that has been silent longest goes; if all are at
// work, the newcomer waits in the kernel.
bool Front::make_room() {
    if (connections_.size() < static_cast<std::size_t>(config_.max_connections)) return true;
    return evict([](const Connection &) { return true; });
}

template <class Test>
bool Front::evict(const Test &test) {
    Connection *oldest = nullptr;
    for (const auto &[descriptor, connection] : connections_)
        if (connection->idle() && test(*connection) &&
            (!oldest || connection->deadline() < oldest->deadline()) && connection->is_silent())
            oldest = connection.get();
    if (!oldest) return false;
    connections_.erase(oldest->socket());
    counts_.evicted.add();
    return true;
}

// Nothing, and closed already, if its address has as many as it may have, all at work.
std::unique_ptr<Connection> Front::welcome(int client, const Address &peer, bool metrics_door) {
    auto connection = std::make_unique<Connection>(client, config_, inflight_, uploads_);
    std::optional<Crowd::Place> place;
    if (!is_trusted_proxy(peer, config_)) {
        place = crowd_.enter(peer);
        const auto neighbour = [&](const Connection &other) {
            return other.peer().neighbourhood() == peer.neighbourhood();
        };
        if (!place && evict(neighbour)) place = crowd_.enter(peer);
        if (!place) return nullptr;
    }
    connection->came_from(peer, metrics_door, crowd_, std::move(place));
    return connection;
}

void Front::accept_some(int listener) {
    for (int count = 0; count < 64; ++count) {
        if (!make_room()) return pause_accepting(true);
        sockaddr_storage peer{};
        socklen_t length = sizeof peer;
        const int client = accept4(listener, reinterpret_cast<sockaddr *>(&peer), &length,
                                   SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client < 0) {
            // Out of descriptors or memory: the sweep tries again.
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                pause_accepting(true);
            return;
        }
        const int yes = 1;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        // A client that is gone without a word is one that no longer acknowledges.
        setsockopt(client, IPPROTO_TCP, TCP_USER_TIMEOUT, &unheard_of, sizeof unheard_of);
        counts_.accepted.add();
        auto connection = welcome(client, Address(peer), listener == metrics_listener_);
        if (!connection) {
            counts_.crowded.add();
            continue;
        }
        auto &made = *connection;
        connections_.emplace(client, std::move(connection));
        watch(client, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
        advance(made);
    }
}

void Front::act(Connection &connection, Connection::Wish wish) {
    switch (wish) {
        case Connection::Wish::nothing:
            return;
        case Connection::Wish::run_job:
            jobs_.push(connection.take_job());
            return;
        case Connection::Wish::call_again:
            unfinished_.push_back(connection.socket());
            return;
        case Connection::Wish::close:
            streams_.forget(connection);
            answers_.forget(connection);
            connections_.erase(connection.socket());
            return;
    }
}

void Front::advance(Connection &connection) {
    auto wish = Connection::Wish::close;  // if there is no memory for one more body
    try {
        wish = connection.advance();
    } catch (const std::bad_alloc &) {
        log_event("error", "out of memory", "a connection was closed");
    }
    act(connection, wish);
}

void Front::take(std::vector<CompletionQueue::Completion> completions) {
    for (auto &[connection, rest] : completions) complete(*connection, std::move(rest));
}

// Its answer may be here without our having been woken, and may close it.
void Front::happened(int descriptor, unsigned events) {
    auto found = connections_.find(descriptor);
    if (found == connections_.end()) return;
    auto &connection = *found->second;
    if (events & ~EPOLLOUT) connection.readable();
    if (events & ~EPOLLIN) connection.writable();
    if (connection.busy()) return take(completions_.take_or_await(&connection));
    advance(connection);
}

void Front::complete(Connection &connection, Outgoing outgoing) {
    if (outgoing.subscription && connection.is_stream()) {
        streams_.returned(connection, outgoing);
    } else if (outgoing.subscription && !streams_.admit(connection, outgoing.subscription)) {
        auto problem = Problem::of("too-many-streams", "close a stream, or wait");
        problem.retry_after = 1;
        connection.refuse_stream(std::move(problem));
        return advance(connection);
    }
    if (outgoing.reading) answers_.admit(connection, outgoing.reading);
    connection.completed(std::move(outgoing));
    advance(connection);
}

void Front::tell(std::vector<Streams::Message> messages) {
    for (auto &[connection, bytes, last] : messages) {
        connection->tell(std::move(bytes), last);
        advance(*connection);
    }
}

void Front::serve_streams() {
    for (const auto &announcement : announcer_.take()) streams_.announce(announcement);
    streams_.dispatch();
    announcer_.set_awake(!streams_.empty());
    counts_.streams.set(static_cast<std::int64_t>(streams_.size()));
}

void Front::serve_answers() {
    for (auto &[connection, bytes, last] : answers_.due(Clock::now())) {
        connection->tell(std::move(bytes), last);
        advance(*connection);
    }
}

bool Front::is_done() const {
    return connections_.empty() && (!relays_ || relays_->running() == 0);
}

void Front::sweep() {
    const auto now = Clock::now();
    if (now < next_sweep_) return;
    next_sweep_ = now + sweep_interval;
    std::vector<Connection *> expired;
    for (const auto &[descriptor, connection] : connections_)
        if (!connection->busy() && connection->deadline() < now)
            expired.push_back(connection.get());
    for (auto *connection : expired) act(*connection, connection->expire());
    tell(streams_.due(now));
    if (!stopping_) pause_accepting(false);
}

void Front::stop() {
    if (stopping_) return;
    stopping_ = true;
    stop_by_ = Clock::now() + drain_time;
    completions_.await_all();
    take(completions_.take());
    log_event("info", "stopping");
    epoll_ctl(epoll_, EPOLL_CTL_DEL, signals_, nullptr);
    for (int *listener : {&listener_, &metrics_listener_}) {
        if (*listener < 0) continue;
        accept_some(*listener);  // who is already connected would be reset with it
        close(*listener);
        *listener = -1;
    }
    tell(streams_.end_all());
    if (relays_) relays_->stop();
    std::erase_if(connections_, [this](const auto &entry) {
        // Who reads an answer along reads it to its end.
        if (!answers_.has(*entry.second)) entry.second->finish_soon();
        return entry.second->idle();
    });
}

bool Front::run() {
    std::array<epoll_event, 256> events{};
    while (!stopping_ || !is_done()) {
        if (stopping_ && Clock::now() > stop_by_) return false;
        const int wait = unfinished_.empty() ? static_cast<int>(sweep_interval.count()) : 0;
        const int count = epoll_wait(epoll_, events.data(), events.size(), wait);
        take(completions_.take());
        for (int i = 0; i < count; ++i) {
            const auto &event = events.at(static_cast<std::size_t>(i));
            if (event.data.fd == signals_) {
                stop();
            } else if (event.data.fd == listener_ || event.data.fd == metrics_listener_) {
                accept_some(event.data.fd);
            } else {
                happened(event.data.fd, event.events);
            }
        }
        for (const int descriptor : std::exchange(unfinished_, {}))
            if (const auto found = connections_.find(descriptor);
                found != connections_.end() && !found->second->busy())
                advance(*found->second);
        sweep();
        serve_streams();
        serve_answers();
        counts_.open.set(static_cast<std::int64_t>(connections_.size()));
        counts_.receiving.set(static_cast<std::int64_t>(inflight_));
    }
    return true;
}

}  // namespace gateway
