#include "streams.hpp"

#include <algorithm>

#include "events.hpp"

namespace gateway {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto heartbeat_interval = seconds(15);
// Nothing tells that a grant ends by itself, or that the clock is late.
constexpr auto check_interval = seconds(30);
constexpr auto pause_of_outage = milliseconds(500);
constexpr std::size_t most_known = 500;
constexpr int return_milliseconds = 2000;

template <class Index>
void remove_from(Index &index, const std::string &key,
                 const typename Index::mapped_type::value_type &value) {
    const auto found = index.find(key);
    if (found == index.end()) return;
    std::erase(found->second, value);
    if (found->second.empty()) index.erase(found);
}

}  // namespace

Streams::Streams(const Config &config, JobQueue &jobs)
    : config_(config), jobs_(jobs), readings_at_once_(std::max(1, config.workers / 2)) {}

int Streams::jittered(int number) {
    return number / 2 + std::uniform_int_distribution<>(0, number)(random_);
}

// Streams that were opened together, as after a restart, come again one after the other.
milliseconds Streams::spread(milliseconds most) {
    const auto half = static_cast<int>(most.count() / 2);
    return milliseconds(half + std::uniform_int_distribution<>(0, half)(random_));
}

bool Streams::admit(Connection &connection, std::shared_ptr<Subscription> subscription) {
    auto &of_token = by_token_[subscription->token_id];
    if (stopping_ || streams_.size() >= static_cast<std::size_t>(config_.max_streams) ||
        of_token >= config_.max_streams_per_token) {
        if (of_token == 0) by_token_.erase(subscription->token_id);
        return false;
    }
    ++of_token;
    const auto now = Clock::now();
    auto made = std::make_unique<Stream>();
    auto &stream = *made;
    stream.connection = &connection;
    stream.token_id = subscription->token_id;
    stream.user_id = subscription->user_id;
    stream.session_id = subscription->session_id;
    stream.marked = subscription->cursor;
    stream.next_beat = now + spread(heartbeat_interval);
    stream.ends_at = now + seconds(config_.stream_max_age) -
                     seconds(std::uniform_int_distribution<>(
                         0, static_cast<int>(config_.stream_max_age.count()) / 10)(random_));
    streams_.emplace(&connection, std::move(made));
    by_user_[stream.user_id].push_back(&stream);
    learn(stream, *subscription);
    stream.subscription = std::move(subscription);
    wake(stream);  // for what came between its opening and this
    return true;
}

// Whoever sees another vault than before may have missed what was announced of it.
void Streams::learn(Stream &stream, const Subscription &subscription) {
    if (stream.owners != subscription.owners) {
        for (const auto &owner : stream.owners) remove_from(by_owner_, owner, &stream);
        stream.owners = subscription.owners;
        for (const auto &owner : stream.owners) by_owner_[owner].push_back(&stream);
        stream.looks_itself = true;
        wake(stream);
    }
    stream.next_check = Clock::now() + spread(check_interval);
    if (subscription.valid_for)
        stream.next_check =
            std::min(stream.next_check, Clock::now() + *subscription.valid_for + milliseconds(20));
}

void Streams::forget(Connection &connection) {
    const auto found = streams_.find(&connection);
    if (found == streams_.end()) return;
    auto &stream = *found->second;
    for (const auto &owner : stream.owners) remove_from(by_owner_, owner, &stream);
    remove_from(by_user_, stream.user_id, &stream);
    if (--by_token_[stream.token_id] == 0) by_token_.erase(stream.token_id);
    if (stream.queued) std::erase(woken_, &stream);
    streams_.erase(found);
}

void Streams::wake(Stream &stream) {
    if (std::exchange(stream.queued, true)) return;
    woken_.push_back(&stream);
}

void Streams::dispatch() {
    for (auto left = woken_.size(); left > 0 && readings_ < readings_at_once_; --left) {
        auto &stream = *woken_.front();
        woken_.pop_front();
        if (stream.connection->listens() && stream.subscription) {
            stream.queued = false;
            start_reading(stream);
        } else {
            woken_.push_back(&stream);  // its client is still taking what it was told before
        }
    }
}

void Streams::start_reading(Stream &stream) {
    auto &subscription = *stream.subscription;
    // A batch that was too large is read on with what was known when it was begun.
    if (!subscription.more) {
        subscription.known.clear();
        subscription.seen.clear();
        if (!stream.looks_itself && !subscription.conversation) {
            subscription.known = stream.known;
            subscription.seen = seen_;
        }
        stream.looks_itself = false;
        stream.known.clear();
        stream.known_count = 0;
    }
    ++readings_;
    jobs_.push(stream.connection->take_stream_job(std::move(stream.subscription)));
}

void Streams::returned(Connection &connection, Outgoing &outgoing) {
    --readings_;
    auto &stream = *streams_.at(&connection);
    stream.subscription = std::move(outgoing.subscription);
    const auto &subscription = *stream.subscription;
    if (subscription.state == Subscription::State::unreachable) {
        stream.looks_itself = true;
        stream.next_check = Clock::now() + milliseconds(jittered(int(pause_of_outage.count())));
    } else {
        learn(stream, subscription);
    }
    if (!outgoing.body.empty()) {
        stream.marked = subscription.cursor;
        stream.next_beat = Clock::now() + spread(heartbeat_interval);
    }
    if (subscription.more) wake(stream);
    outgoing.close = subscription.state == Subscription::State::ended;
    if (stopping_ && !outgoing.close) {
        outgoing.body += farewell("stopping", jittered(return_milliseconds));
        outgoing.close = true;
    }
}

void Streams::tell_owner_streams(const Announced &entry) {
    const auto found = by_owner_.find(entry.owner);
    if (found == by_owner_.end()) return;
    for (auto *stream : found->second) {
        if (!stream->session_id.empty()) {
            if (stream->session_id == entry.stream) wake(*stream);
            continue;
        }
        if (!stream->looks_itself && ++stream->known_count > most_known) {
            stream->looks_itself = true;
            stream->known.clear();
        }
        if (!stream->looks_itself) {
            if (!stream->known.empty()) stream->known += ",";
            stream->known +=
                "[\"" + entry.owner + "\",\"" + entry.stream + "\"," + entry.stream_seq + "]";
        }
        wake(*stream);
    }
}

void Streams::announce(const Announcement &announcement) {
    seen_ = announcement.seen;
    if (announcement.restarted) {
        for (const auto &[connection, stream] : streams_) {
            stream->looks_itself = true;
            wake(*stream);
        }
        return;
    }
    for (const auto &entry : announcement.entries) {
        // A token or a person that is no longer good, or a grant to that person.
        const bool of_person = entry.kind.starts_with("token.") || entry.kind.starts_with("user.");
        // What is in a runtime environment is its owner's to say, and its tokens' to see.
        const bool of_runtime = entry.kind.starts_with("runtime_construct.");
        const auto &person = of_person || of_runtime ? entry.owner : entry.grantee;
        if (const auto found = by_user_.find(person); found != by_user_.end())
            for (auto *stream : found->second) {
                stream->looks_itself = stream->looks_itself || !of_person;
                wake(*stream);
            }
        if (!of_person && !of_runtime) tell_owner_streams(entry);
    }
}

std::vector<Streams::Message> Streams::due(Clock::time_point now) {
    std::vector<Message> messages;
    for (const auto &[connection, stream] : streams_) {
        if (stream->next_check <= now) {
            stream->next_check = now + spread(check_interval);
            wake(*stream);
        }
        if (!connection->listens() || !stream->subscription) continue;
        if (stream->ends_at <= now) {
            messages.push_back({connection, farewell("age", jittered(return_milliseconds)), true});
        } else if (stream->next_beat <= now) {
            stream->next_beat = now + spread(heartbeat_interval);
            // A place that is seconds old outlives whatever may happen to the server.
            const auto &place = stream->subscription->cursor;
            const bool marks = place != stream->marked && !stream->subscription->more;
            messages.push_back(
                {connection, marks ? place_mark(*stream->subscription) : ":\n\n", false});
            stream->marked = place;
        }
    }
    return messages;
}

std::vector<Streams::Message> Streams::end_all() {
    stopping_ = true;
    std::vector<Message> messages;
    for (const auto &[connection, stream] : streams_)
        if (connection->listens() && stream->subscription)
            messages.push_back(
                {connection, farewell("stopping", jittered(return_milliseconds)), true});
    return messages;
}

}  // namespace gateway
