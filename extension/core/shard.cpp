#include "shard.hpp"

#include <openssl/evp.h>

#include "error.hpp"

namespace vvault {

int shard_of(const Uuid &user_id) {
    const std::string text = uuid_text(user_id);
    std::array<std::uint8_t, 16> digest;
    if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_md5(), nullptr) != 1)
        throw Error(Errc::internal, "MD5 is not available")
            .hint("Shards are numbered by MD5; OpenSSL here may be restricted to FIPS algorithms.");

    int shard = 0;  // of the digest as one number: Horner's rule, byte by byte
    for (const std::uint8_t byte : digest) shard = (shard * 256 + byte) % shard_count;
    return shard;
}

std::string shard_name(int shard) {
    if (shard < 0 || shard >= shard_count)
        throw Error(Errc::invalid_argument, "shards are numbered 0 to 9999");
    std::string digits = std::to_string(shard);
    digits.insert(0, 4 - digits.size(), '0');
    return "shard_" + digits;
}

}  // namespace vvault
