// That tokens were used, told to the database beside the requests: once in a while for each
// token, by a thread of its own, so that no request waits or writes for it. The database keeps
// when a token was last used, and renews a sign-in that is past half of its life.
#pragma once

#include <memory>
#include <string>

#include "database.hpp"

namespace gateway {

class TokenUses {
public:
    explicit TokenUses(const Door &door);
    // Does not wait for a database that does not answer.
    ~TokenUses();
    TokenUses(const TokenUses &) = delete;
    TokenUses &operator=(const TokenUses &) = delete;

    // Of a token that the database has just accepted. Any thread may call it.
    void note(const std::string &token);

private:
    struct State;
    std::shared_ptr<State> state_;  // the thread's too, which may outlive this

    static void run(State &state, const Door &door);
};

}  // namespace gateway
