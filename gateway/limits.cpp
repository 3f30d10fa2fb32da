#include "limits.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/rand.h>

namespace gateway {

namespace {

int seconds_until(double wanted, double there, const Allowance &allowance) {
    return std::max(1, static_cast<int>(std::ceil((wanted - there) / allowance.per_second)));
}

struct Free {
    void operator()(EVP_MD *algorithm) const { EVP_MD_free(algorithm); }
    void operator()(EVP_MD_CTX *context) const { EVP_MD_CTX_free(context); }
};

[[noreturn]] void refuse(const char *slug, const char *detail, double there,
                         const Allowance &allowance) {
    auto problem = Problem::of(slug, detail);
    problem.retry_after = seconds_until(1, there, allowance);
    throw problem;
}

}  // namespace

Limits::Limits(Allowance of_token, Allowance of_address)
    : tokens_(of_token), addresses_(of_address) {
    if (!of_token.unlimited())
        policy_ = "\"token\";q=" + std::to_string(std::llround(of_token.at_once)) +
                  ";w=" + std::to_string(seconds_until(of_token.at_once, 0, of_token));
    RAND_bytes(secret_.data(), static_cast<int>(secret_.size()));
}

Buckets::Key Limits::keyed(std::string_view text) const {
    // Fetched once: OpenSSL looks an algorithm up by name for as long as hashing takes.
    static const std::unique_ptr<EVP_MD, Free> algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr));
    thread_local const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr);
    EVP_DigestUpdate(context.get(), secret_.data(), secret_.size());
    EVP_DigestUpdate(context.get(), text.data(), text.size());
    EVP_DigestFinal_ex(context.get(), digest.data(), nullptr);
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
    const auto until_full = seconds_until(allowance.at_once, *turn.left, allowance);
    reply.with("RateLimit-Policy", policy_)
        .with("RateLimit", "\"token\";r=" + std::to_string(std::llround(*turn.left)) +
                               ";t=" + std::to_string(until_full));
}

}  // namespace gateway
