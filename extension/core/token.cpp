#include "token.hpp"

#include "digest.hpp"

namespace vvault {

namespace {
constexpr std::string_view prefix = "vv_live_";
constexpr std::size_t random_size = 32;
constexpr std::size_t prefix_shown = 12;
}  // namespace

std::string make_token() {
    SecretBytes random(random_size);
    randombytes_buf(random.data(), random.size());
    return std::string(prefix) + base64url(random);
}

bool is_token(std::string_view text) {
    if (!text.starts_with(prefix)) return false;
    const auto bytes = from_base64url(text.substr(prefix.size()));
    return bytes && bytes->size() == random_size;
}

Digest token_hash(std::string_view token) {
    return sha256({as_bytes("vvault/token/v1\n"), as_bytes(token)});
}

std::string token_prefix(std::string_view token) {
    return std::string(token.substr(0, prefix_shown));
}

}  // namespace vvault
