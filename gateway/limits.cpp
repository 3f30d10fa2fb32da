#include "limits.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

namespace gateway {

namespace {

int seconds_until(double wanted, double there, const Allowance &allowance) {
    return std::max(1, static_cast<int>(std::ceil((wanted - there) / allowance.per_second)));
}

[[noreturn]] void refuse(const char *slug, const char *detail, double there,
                         const Allowance &allowance) {
    auto problem = Problem::of(slug, detail);
    problem.retry_after = seconds_until(1, there, allowance);
    throw problem;
}

}  // namespace

Limits::Limits(Allowance of_token, Allowance of_address)
    : tokens_(of_token), addresses_(of_address) {
    RAND_bytes(secret_.data(), static_cast<int>(secret_.size()));
}

Buckets::Key Limits::keyed(std::string_view text) const {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
         reinterpret_cast<const unsigned char *>(text.data()), text.size(), digest.data(), nullptr);
    Buckets::Key key;
    std::copy_n(digest.begin(), key.size(), key.begin());
    return key;
}

Buckets::Key Limits::key_of(const Address &caller) const {
    const auto bytes = caller.neighbourhood();
    return keyed({reinterpret_cast<const char *>(bytes.data()), bytes.size()});
}

void Limits::admit_token(std::string_view token, Turn &turn) {
    turn.token = keyed(token);
    turn.has_token = true;
    if (const auto there = tokens_.take_known(turn.token)) {
        turn.known = true;
        if (tokens_.allowance().unlimited()) return;
        turn.left = std::floor(std::max(0.0, *there - 1));
        if (*there < 1)
            refuse("too-many-requests", "this token has asked too much", *there,
                   tokens_.allowance());
        return;
    }
    admit_proof(turn);
}

void Limits::admit_proof(Turn &turn) {
    turn.has_proof = true;
    if (addresses_.allowance().unlimited()) return;
    const auto there = addresses_.level(key_of(turn.caller));
    if (there < 1)
        refuse("too-many-failures", "too many tokens from this address were not valid", there,
               addresses_.allowance());
}

void Limits::settle(Turn &turn, int status) {
    if (status == 401) {
        if (!turn.has_token && !turn.has_proof) return;  // nothing was shown, nothing was asked
        if (turn.has_token) tokens_.forget(turn.token);
        addresses_.take(key_of(turn.caller));
        return;
    }
    // While the database is away nobody knows whether a token is good.
    if (!turn.has_token || turn.known || status == 429 || status >= 500) return;
    const auto there = tokens_.take(turn.token);
    if (!tokens_.allowance().unlimited()) turn.left = std::floor(std::max(0.0, there - 1));
}

void Limits::describe(const Turn &turn, Reply &reply) const {
    if (!turn.left) return;
    const auto &allowance = tokens_.allowance();
    const auto number = [](double value) { return std::to_string(std::llround(value)); };
    reply.with("RateLimit-Policy",
               "\"token\";q=" + number(allowance.at_once) +
                   ";w=" + std::to_string(seconds_until(allowance.at_once, 0, allowance)));
    reply.with("RateLimit",
               "\"token\";r=" + number(*turn.left) +
                   ";t=" + std::to_string(seconds_until(allowance.at_once, *turn.left, allowance)));
}

}  // namespace gateway
