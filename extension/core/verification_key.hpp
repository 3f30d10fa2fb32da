// A public key that an issuer signs by, and the one algorithm it is used with: a key never
// serves another, whatever a token claims (RFC 8725, 3.1). Keys are taken as JWKs (RFC 7517);
// what is weak, private, for encryption or unknown gives no key.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "bytes.hpp"

namespace vvault {

enum class SignatureAlgorithm {
    rs256,  // RSASSA-PKCS1-v1_5 with SHA-256, 2048 to 8192 bits
    es256,  // ECDSA on P-256 with SHA-256, r and s side by side
    eddsa   // Ed25519
};

// "RS256", "ES256", "EdDSA"; nothing for "none", HS256 and everything else.
std::optional<SignatureAlgorithm> signature_algorithm(std::string_view name);

class VerificationKey {
public:
    static std::optional<VerificationKey> from_jwk(const nlohmann::json &jwk);

    const std::string &id() const { return id_; }  // "" where the JWK has none
    SignatureAlgorithm algorithm() const { return algorithm_; }
    bool verifies(ByteView message, ByteView signature) const;

private:
    // What OpenSSL made of it, or the 32 bytes of an Ed25519 key: libsodium, which takes
    // those, also refuses keys of small order.
    std::string id_;
    SignatureAlgorithm algorithm_;
    std::shared_ptr<void> openssl_key_;
    Bytes ed25519_key_;

    VerificationKey(std::string id, SignatureAlgorithm algorithm)
        : id_(std::move(id)), algorithm_(algorithm) {}
};

}  // namespace vvault
