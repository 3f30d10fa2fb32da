// How much one caller may ask. A token has a bucket of requests; an address has
// one of failed tokens, and once that is empty only tokens that have been good
// before are still heard from there. Tokens are kept as a keyed digest alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "address.hpp"
#include "buckets.hpp"
#include "problem.hpp"
#include "reply.hpp"

namespace gateway {

class Limits {
public:
    // One request's dealings with the limits.
    struct Turn {
        Address caller{};
        Buckets::Key token{};
        bool has_token = false;
        bool has_proof = false;        // something was shown that may be wrong
        bool known = false;            // the token has been good before
        std::optional<double> left{};  // requests that the token has left; nothing: not told
    };

    Limits(Allowance of_token, Allowance of_address);

    // Before the database is asked. Throws Problem 429.
    void admit_token(std::string_view token, Turn &turn);
    // For a request that is to prove who someone is by other means. Throws 429.
    void admit_proof(Turn &turn);

    // After it: `status` is the answer's.
    void settle(Turn &turn, int status);

    // RateLimit-Policy and RateLimit (the IETF's draft), where the token has a limit.
    void describe(const Turn &turn, Reply &reply) const;

private:
    Buckets tokens_;
    Buckets addresses_;
    std::string policy_;  // of tokens, as it is told
    std::array<std::uint8_t, 32> secret_;

    Buckets::Key keyed(std::string_view text) const;
    Buckets::Key key_of(const Address &caller) const;
};

}  // namespace gateway
