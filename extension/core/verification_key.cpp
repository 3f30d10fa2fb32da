#include "verification_key.hpp"

#include <algorithm>
#include <array>

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "error.hpp"
#include "strict_json.hpp"

namespace vvault {

namespace {

constexpr std::size_t longest_id = 255;
constexpr std::size_t smallest_modulus = 256;  // bytes
constexpr std::size_t largest_modulus = 1024;
constexpr std::size_t coordinate_size = 32;

template <auto release>
struct Release {
    template <class T>
    void operator()(T *object) const {
        release(object);
    }
};
using Number = std::unique_ptr<BIGNUM, Release<BN_free>>;
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Release<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX_free>>;
using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, Release<OSSL_PARAM_BLD_free>>;
using ParameterList = std::unique_ptr<OSSL_PARAM, Release<OSSL_PARAM_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Release<ECDSA_SIG_free>>;

Number number(ByteView bytes) {
    return Number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}

std::optional<Bytes> bytes_member(const nlohmann::json &jwk, const char *name) {
    const auto text = text_member(jwk, name);
    return text ? from_base64url(*text) : std::nullopt;
}

Key key_of(const char *type, OSSL_PARAM_BLD *builder) {
    const ParameterList parameters(OSSL_PARAM_BLD_to_param(builder));
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY *made = nullptr;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
        return nullptr;
    return Key(made);
}

Key rsa_key(const nlohmann::json &jwk) {
    const auto modulus = bytes_member(jwk, "n");
    const auto exponent = bytes_member(jwk, "e");
    // RFC 7518, 6.3.1.1: no zero octets in front, so that the size tells the strength.
    if (!modulus || modulus->size() < smallest_modulus || modulus->size() > largest_modulus ||
        (modulus->front() & 0x80) == 0 || (modulus->back() & 1) == 0)
        return nullptr;
    if (!exponent || exponent->empty() || exponent->size() > 4 || exponent->front() == 0 ||
        (exponent->back() & 1) == 0 || *exponent == Bytes{1})
        return nullptr;
    const Number n = number(*modulus);
    const Number e = number(*exponent);
    const ParameterBuilder builder(OSSL_PARAM_BLD_new());
    if (!n || !e || !builder ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
        return nullptr;
    return key_of("RSA", builder.get());
}

Key p256_key(const nlohmann::json &jwk) {
    const auto x = bytes_member(jwk, "x");
    const auto y = bytes_member(jwk, "y");
    if (text_member(jwk, "crv") != "P-256" || !x || !y || x->size() != coordinate_size ||
        y->size() != coordinate_size)
        return nullptr;
    Bytes point = {0x04};  // uncompressed
    append(point, *x);
    append(point, *y);
    const ParameterBuilder builder(OSSL_PARAM_BLD_new());
    if (!builder ||
        OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1",
                                        0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                         point.size()) != 1)
        return nullptr;
    Key key = key_of("EC", builder.get());
    if (!key) return nullptr;
    // A point that is on the curve and not at infinity.
    const KeyContext check(EVP_PKEY_CTX_new(key.get(), nullptr));
    if (!check || EVP_PKEY_public_check(check.get()) != 1) return nullptr;
    return key;
}

std::optional<Bytes> ed25519_key(const nlohmann::json &jwk) {
    auto x = bytes_member(jwk, "x");
    if (text_member(jwk, "crv") != "Ed25519" || !x ||
        x->size() != crypto_sign_ed25519_PUBLICKEYBYTES)
        return std::nullopt;
    return x;
}

// The form that OpenSSL reads, of r and s side by side.
Bytes der_signature(ByteView signature) {
    const EcdsaSignature parts(ECDSA_SIG_new());
    Number r = number(signature.first(coordinate_size));
    Number s = number(signature.subspan(coordinate_size));
    if (!parts || !r || !s || ECDSA_SIG_set0(parts.get(), r.get(), s.get()) != 1) return {};
    (void)r.release();  // the signature owns both now
    (void)s.release();
    unsigned char *encoded = nullptr;
    const int size = i2d_ECDSA_SIG(parts.get(), &encoded);
    if (size <= 0) return {};
    Bytes der(encoded, encoded + size);
    OPENSSL_free(encoded);
    return der;
}

// Where the JWK says what it is for, it must be for checking signatures of this kind.
bool meant_for(const nlohmann::json &jwk, SignatureAlgorithm algorithm) {
    if (jwk.contains("use") && text_member(jwk, "use") != "sig") return false;
    if (const auto operations = jwk.find("key_ops"); operations != jwk.end())
        if (!operations->is_array() ||
            std::find(operations->begin(), operations->end(), "verify") == operations->end())
            return false;
    if (!jwk.contains("alg")) return true;
    const auto named = text_member(jwk, "alg");
    // RFC 9864 gives EdDSA with this curve a name of its own.
    if (named == "Ed25519") return algorithm == SignatureAlgorithm::eddsa;
    return named && signature_algorithm(*named) == algorithm;
}

// A key whose private half is published signs for everybody.
bool is_private(const nlohmann::json &jwk) {
    for (const char *name : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
        if (jwk.contains(name)) return true;
    return false;
}

}  // namespace

std::optional<SignatureAlgorithm> signature_algorithm(std::string_view name) {
    if (name == "RS256") return SignatureAlgorithm::rs256;
    if (name == "ES256") return SignatureAlgorithm::es256;
    if (name == "EdDSA") return SignatureAlgorithm::eddsa;
    return std::nullopt;
}

std::optional<VerificationKey> VerificationKey::from_jwk(const nlohmann::json &jwk) {
    if (!jwk.is_object() || is_private(jwk)) return std::nullopt;
    if (jwk.contains("kid") && !text_member(jwk, "kid")) return std::nullopt;
    std::string id = text_member(jwk, "kid").value_or("");
    if (id.size() > longest_id) return std::nullopt;
    const auto type = text_member(jwk, "kty");
    if (type == "OKP") {
        auto bytes = ed25519_key(jwk);
        if (!bytes || !meant_for(jwk, SignatureAlgorithm::eddsa)) return std::nullopt;
        VerificationKey key(std::move(id), SignatureAlgorithm::eddsa);
        key.ed25519_key_ = std::move(*bytes);
        return key;
    }
    if (type != "RSA" && type != "EC") return std::nullopt;
    const auto algorithm = type == "RSA" ? SignatureAlgorithm::rs256 : SignatureAlgorithm::es256;
    if (!meant_for(jwk, algorithm)) return std::nullopt;
    Key openssl_key = type == "RSA" ? rsa_key(jwk) : p256_key(jwk);
    if (!openssl_key) return std::nullopt;
    VerificationKey key(std::move(id), algorithm);
    key.openssl_key_ = std::shared_ptr<EVP_PKEY>(std::move(openssl_key));
    return key;
}

bool VerificationKey::verifies(ByteView message, ByteView signature) const {
    if (algorithm_ == SignatureAlgorithm::eddsa)
        return signature.size() == crypto_sign_ed25519_BYTES &&
               crypto_sign_ed25519_verify_detached(signature.data(), message.data(), message.size(),
                                                   ed25519_key_.data()) == 0;
    auto *const key = static_cast<EVP_PKEY *>(openssl_key_.get());
    Bytes der;
    if (algorithm_ == SignatureAlgorithm::es256) {
        if (signature.size() != 2 * coordinate_size) return false;
        der = der_signature(signature);
        signature = der;
    } else if (signature.size() != static_cast<std::size_t>(EVP_PKEY_get_size(key))) {
        return false;
    }
    const DigestContext context(EVP_MD_CTX_new());
    if (!context) throw Error(Errc::internal, "there is no memory to check a signature");
    return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
           EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                            message.size()) == 1;
}

}  // namespace vvault
