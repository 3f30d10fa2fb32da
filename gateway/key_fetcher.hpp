// Keeps the public keys of issuers fresh in the database: asks it whose are due, reads them at
// the issuer, and stores them as a database user of its own, which no request has. Requests
// never wait for it; one that misses a key may ask it to hurry.
#pragma once

#include <memory>

#include "database.hpp"

namespace gateway {

class KeyFetcher {
public:
    // As the door's user; does nothing where there is none.
    explicit KeyFetcher(const Door &door);
    // Does not wait for an issuer or a database that does not answer.
    ~KeyFetcher();
    KeyFetcher(const KeyFetcher &) = delete;
    KeyFetcher &operator=(const KeyFetcher &) = delete;

    // Look again now. The database limits how often that leads to an issuer.
    void hurry();

private:
    struct State;
    std::shared_ptr<State> state_;  // the thread's too, which may outlive this

    static void run(State &state, const Door &door);
};

}  // namespace gateway
