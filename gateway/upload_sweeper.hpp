// Ends uploads whose client has gone, and removes what has expired, beside the requests: by a
// thread of its own, so that none waits for it. What this gateway leaves behind when it is
// killed, another one or its next start removes.
#pragma once

#include <memory>
#include <string>

#include "database.hpp"

namespace gateway {

class UploadSweeper {
public:
    explicit UploadSweeper(const Door &door);
    // Does not wait for a database that does not answer.
    ~UploadSweeper();
    UploadSweeper(const UploadSweeper &) = delete;
    UploadSweeper &operator=(const UploadSweeper &) = delete;

    // Any thread may call it.
    void abandon(std::string token, std::string upload);

private:
    struct State;
    std::shared_ptr<State> state_;  // the thread's too, which may outlive this

    static void run(State &state, const Door &door);
};

}  // namespace gateway
