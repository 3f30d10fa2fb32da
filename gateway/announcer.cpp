#include "announcer.hpp"

#include <algorithm>

#include <sys/eventfd.h>
#include <unistd.h>

#include "database.hpp"
#include "statements.hpp"

namespace gateway {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds shortest_pause{20};
constexpr milliseconds longest_pause{1000};
constexpr milliseconds pause_of_outage{250};
// Asking takes the database at most one part in so many.
constexpr int share = 20;

std::vector<Announced> entries_of(const Rows &rows) {
    std::vector<Announced> entries;
    for (int row = 1; row < rows.count(); ++row)
        entries.push_back({.owner = std::string(rows.text(row, 2)),
                           .stream = std::string(rows.text(row, 3)),
                           .stream_seq = std::string(rows.text(row, 4)),
                           .kind = std::string(rows.text(row, 5)),
                           .grantee = std::string(rows.text(row, 6))});
    return entries;
}

}  // namespace

Announcer::Announcer(const Door &door)
    : door_(door), event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), thread_([this] { run(); }) {}

Announcer::~Announcer() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
    close(event_);
}

std::vector<Announcement> Announcer::take() {
    const std::lock_guard lock(mutex_);
    eventfd_t count = 0;
    eventfd_read(event_, &count);
    return std::exchange(announcements_, {});
}

void Announcer::set_awake(bool awake) {
    const std::lock_guard lock(mutex_);
    if (awake_ == awake) return;
    awake_ = awake;
    changed_.notify_all();
}

void Announcer::tell(Announcement announcement) {
    const std::lock_guard lock(mutex_);
    announcements_.push_back(std::move(announcement));
    if (announcements_.size() == 1) eventfd_write(event_, 1);
}

// False once there is nobody to tell.
bool Announcer::rest(milliseconds pause) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, pause, [this] { return stopping_ || !awake_; });
    return awake_ && !stopping_;
}

void Announcer::run() {
    Database database(door_);
    std::optional<std::string> since;
    std::string incarnation;
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            if (!awake_) since.reset();
            changed_.wait(lock, [this] { return stopping_ || awake_; });
            if (stopping_) return;
        }
        const auto began = Clock::now();
        milliseconds pause = pause_of_outage;
        try {
            const Call call{&statements::announce, {since}};
            const auto rows = database.run_open({&call, 1});
            const auto &told = rows[0];
            // A number that another life of the database gave means nothing in this one.
            const bool restarted = !since || incarnation != told.text(0, 1);
            incarnation = told.text(0, 1);
            if (restarted || since != told.text(0, 0))
                tell({.seen = std::string(told.text(0, 0)),
                      .restarted = restarted,
                      .entries = entries_of(told)});
            since = told.text(0, 0);
            pause = std::clamp(
                std::chrono::duration_cast<milliseconds>((Clock::now() - began) * (share - 1)),
                shortest_pause, longest_pause);
        } catch (const Problem &) {
            // What was committed meanwhile is asked for when the database is back, unless it
            // went down: then some numbers may have been given twice.
            since.reset();
        }
        rest(pause);
    }
}

}  // namespace gateway
