// One thread with one database connection asks what was committed since it last
// asked, while anybody listens, and hands it to the front. A write thereby pays
// nothing for those who hear of it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "database.hpp"

#include "subscription.hpp"

namespace gateway {

struct Announcement {
    std::string seen;  // the snapshot up to which all was announced
    bool restarted;    // what was committed before it is unknown
    std::vector<Announced> entries;
};

class Announcer {
public:
    explicit Announcer(const Door &door);
    ~Announcer();
    Announcer(const Announcer &) = delete;
    Announcer &operator=(const Announcer &) = delete;

    // Readable while there is something to take.
    int descriptor() const { return event_; }
    std::vector<Announcement> take();

    // Asks while there is somebody to tell, and rests otherwise.
    void set_awake(bool awake);

private:
    const Door door_;
    const int event_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool awake_ = false;
    bool stopping_ = false;
    std::vector<Announcement> announcements_;
    std::thread thread_;

    void run();
    bool rest(std::chrono::milliseconds pause);
    void tell(Announcement announcement);
};

}  // namespace gateway
