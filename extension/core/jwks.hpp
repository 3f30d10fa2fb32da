// The keys that an issuer publishes (RFC 7517, a JWK Set). Keys of kinds that we do not use
// are passed over, as the RFC asks; a text that is no set at all is refused.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "verification_key.hpp"

namespace vvault {

constexpr std::size_t longest_key_set = std::size_t{256} << 10;

class KeySet {
public:
    // Throws Errc::invalid_argument for what is no JWK Set, is longer than longest_key_set or
    // lists more than 64 keys.
    static KeySet parse(std::string_view json);

    std::size_t size() const { return keys_.size(); }

    // The keys that a token with this header may have been signed by: of that algorithm, and of
    // that id. Without an id only a key that is the one of its algorithm.
    std::vector<const VerificationKey *> find(SignatureAlgorithm algorithm,
                                              const std::optional<std::string> &id) const;

private:
    std::vector<VerificationKey> keys_;
};

}  // namespace vvault
