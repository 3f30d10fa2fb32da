// ID tokens of OpenID Connect: signed JWTs (RFC 7515, 7519) that say who somebody is. What
// cannot be understood whole and in one way is refused; a token brings no key of its own; what
// it claims is looked at only behind its signature (RFC 8725; OpenID Connect Core, 3.1.3.7).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bytes.hpp"
#include "jwks.hpp"

namespace vvault {

constexpr std::size_t longest_id_token = std::size_t{16} << 10;

// What a token must be to count: for whom, from whom, when.
struct Expectation {
    std::string issuer;
    std::span<const std::string> client_ids;
    std::optional<std::string> nonce;  // not asked for where there is none
    std::int64_t now = 0;              // seconds since 1970
};

struct IdToken {
    std::string subject;
    std::optional<std::string> email;  // lower case
    bool email_verified = false;
    std::optional<std::string> name;
    std::optional<std::string> hosted_domain;  // Google's "hd", lower case
    std::int64_t expires_at = 0;
    // Of the part that is signed. Not of the token: who has one ECDSA signature can write down
    // a second for the same text.
    Digest digest{};
};

// Clocks that differ by this much still agree.
constexpr std::int64_t clock_leeway = 60;

// Whom the token says it is from, before anything of it is believed: to know whose keys to
// look for. Nothing for what is no token. Google's short name for itself is written out.
std::optional<std::string> claimed_issuer(std::string_view token);

// Nothing where none of the keys could have signed it: they may have changed since they were
// fetched. Throws Errc::token_refused for a token that does not count, with one text for
// everything up to the signature, and a detail for what stands behind a good one.
std::optional<IdToken> verify_id_token(std::string_view token, const KeySet &keys,
                                       const Expectation &expected);

}  // namespace vvault
