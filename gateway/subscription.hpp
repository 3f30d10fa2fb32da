// A client that listens, as far as a worker needs it to read on: whose token, from
// which place, and what is known to have come. It goes to a worker with each
// reading and comes back with what was learnt, so that nobody shares it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gateway {

// One ledger entry that was announced: whose, in which stream, of what kind.
struct Announced {
    std::string owner;
    std::string stream;
    std::string stream_seq;
    std::string kind;
    std::string grantee;  // of a grant
};

struct Subscription {
    std::string token;
    std::optional<std::string> conversation;  // none: all that the person may see
    std::string cursor;

    // What the last reading told of the reader.
    std::string user_id;
    std::string token_id;
    std::vector<std::string> owners;  // whose vaults the reader sees
    std::string session_id;           // of one conversation
    std::optional<std::chrono::seconds> valid_for;
    bool more = false;  // the batch was full

    // For the next reading: all that concerns the reader up to the snapshot `seen`.
    // Without it the database looks by itself.
    std::string known;
    std::string seen;

    enum class State { reading, unreachable, ended };
    State state = State::reading;
};

}  // namespace gateway
