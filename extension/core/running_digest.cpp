// OpenSSL's newer interface cannot write its state down, and libsodium's SHA-256 does without the
// CPU's instructions for it: five times slower, which a file of a gigabyte would pay for.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "running_digest.hpp"

#include <memory>

#include <openssl/sha.h>

#include "fields.hpp"

namespace vvault {

struct RunningDigest::State {
    SHA256_CTX context{};
    std::uint64_t bytes = 0;
};

RunningDigest::RunningDigest() : state_(new State) {
    SHA256_Init(&state_->context);
}

RunningDigest::RunningDigest(ByteView written) {
    Fields fields(written);
    auto state = std::make_unique<State>();
    SHA256_Init(&state->context);
    std::array<std::uint32_t, 8> words{};
    for (auto &word : words) word = read_be32(fields.take(4));
    state->bytes = fields.take_be64();
    const ByteView rest = fields.take_rest();
    if (rest.size() != state->bytes % SHA256_CBLOCK)
        throw Error(Errc::does_not_open, "sealed value does not open");
    std::ranges::copy(words, state->context.h);
    const std::uint64_t bits = (state->bytes - rest.size()) * 8;
    state->context.Nl = static_cast<SHA_LONG>(bits);
    state->context.Nh = static_cast<SHA_LONG>(bits >> 32);
    SHA256_Update(&state->context, rest.data(), rest.size());
    state_ = state.release();
}

RunningDigest::~RunningDigest() {
    sodium_memzero(state_, sizeof *state_);
    delete state_;
}

void RunningDigest::add(ByteView bytes) {
    SHA256_Update(&state_->context, bytes.data(), bytes.size());
    state_->bytes += bytes.size();
}

Digest RunningDigest::digest() const {
    SHA256_CTX context = state_->context;
    Digest digest;
    SHA256_Final(digest.data(), &context);
    sodium_memzero(&context, sizeof context);
    return digest;
}

SecretBytes RunningDigest::written() const {
    SecretBytes bytes;
    const std::size_t rest = state_->bytes % SHA256_CBLOCK;
    bytes.reserve(40 + rest);
    for (const SHA_LONG word : state_->context.h) {
        Bytes field;
        append_be32(field, static_cast<std::uint32_t>(word));
        put(bytes, field);
    }
    put_be64(bytes, state_->bytes);
    put(bytes, {reinterpret_cast<const std::uint8_t *>(state_->context.data), rest});
    return bytes;
}

}  // namespace vvault
