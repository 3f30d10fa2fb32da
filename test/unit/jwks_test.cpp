// Keys of issuers: which are taken, that they verify what others signed (RFC 7515, appendix A;
// RFC 8037, appendix A), and what is no set of keys.
#include <fstream>

#include <nlohmann/json.hpp>

#include "core/jwks.hpp"
#include "support.hpp"

namespace vvault {
namespace {

using nlohmann::json;
using test::expect_error;

constexpr std::string_view rfc7515_payload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
    "cnVlfQ";

const json rfc7515_rsa = {
    {"kty", "RSA"},
    {"n",
     "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm"
     "4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5r"
     "exMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyx"
     "XFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"},
    {"e", "AQAB"}};
const json rfc7515_ec = {{"kty", "EC"},
                         {"crv", "P-256"},
                         {"x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"},
                         {"y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}};
const json rfc8037_okp = {
    {"kty", "OKP"}, {"crv", "Ed25519"}, {"x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}};

bool verifies(const json &jwk, const std::string &message, std::string_view signature) {
    return VerificationKey::from_jwk(jwk)->verifies(as_bytes(message), *from_base64url(signature));
}

TEST(Jwks, VerifiesTheExamplesOfTheStandards) {
    const std::string rs256 = "eyJhbGciOiJSUzI1NiJ9." + std::string(rfc7515_payload);
    EXPECT_TRUE(verifies(
        rfc7515_rsa, rs256,
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2"
        "Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQ"
        "BMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6Ie"
        "YI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"));
    const std::string es256 = "eyJhbGciOiJFUzI1NiJ9." + std::string(rfc7515_payload);
    constexpr std::string_view es256_signature =
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    EXPECT_TRUE(verifies(rfc7515_ec, es256, es256_signature));
    EXPECT_FALSE(verifies(rfc7515_ec, es256 + "x", es256_signature));
    const std::string eddsa = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    constexpr std::string_view eddsa_signature =
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    EXPECT_TRUE(verifies(rfc8037_okp, eddsa, eddsa_signature));
    EXPECT_FALSE(verifies(rfc8037_okp, eddsa.substr(1), eddsa_signature));
}

TEST(Jwks, KeepsTheKeysThatItCanUse) {
    json vectors;
    std::ifstream(VVAULT_TEST_DIR "/vectors/id_tokens.json") >> vectors;
    EXPECT_EQ(KeySet::parse(vectors["jwks"].dump()).size(),
              vectors["usable_keys"].get<std::size_t>());
    EXPECT_EQ(KeySet::parse(R"({"keys":[]})").size(), 0u);
}

// One member changed, and it is no key of ours.
TEST(Jwks, PassesOverWhatItCannotUse) {
    const std::vector<std::pair<json, json>> changes = {
        {rfc7515_rsa, {{"kty", "rsa"}}},
        {rfc7515_rsa, {{"e", "AAEAAQ"}}},  // a zero in front
        {rfc7515_rsa, {{"e", "AQAB="}}},
        {rfc7515_rsa, {{"e", "Ag"}}},
        {rfc7515_rsa, {{"e", ""}}},
        {rfc7515_rsa, {{"e", "AQAAAAE"}}},
        {rfc7515_rsa, {{"e", 65537}}},
        {rfc7515_rsa, {{"n", "AQAB"}}},
        {rfc7515_rsa, {{"n", "AA" + rfc7515_rsa["n"].get<std::string>()}}},
        {rfc7515_rsa, {{"alg", "RS384"}}},
        {rfc7515_rsa, {{"alg", "ES256"}}},
        {rfc7515_rsa, {{"use", "enc"}}},
        {rfc7515_rsa, {{"use", 1}}},
        {rfc7515_rsa, {{"kid", 1}}},
        {rfc7515_rsa, {{"kid", std::string(256, 'k')}}},
        {rfc7515_rsa, {{"d", "AQAB"}}},
        {rfc7515_ec, {{"crv", "P-384"}}},
        {rfc7515_ec, {{"crv", "secp256k1"}}},
        {rfc7515_ec, {{"x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEY"}}},
        {rfc7515_ec, {{"x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvR"}}},
        {rfc7515_ec, {{"alg", "EdDSA"}}},
        {rfc7515_ec, {{"key_ops", "verify"}}},
        {rfc7515_ec, {{"key_ops", {"sign"}}}},
        {rfc8037_okp, {{"crv", "X25519"}}},
        {rfc8037_okp, {{"crv", "Ed448"}}},
        {rfc8037_okp, {{"x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUQ"}}},
        {rfc8037_okp, {{"alg", "RS256"}}}};
    for (const auto &[key, change] : changes) {
        ASSERT_TRUE(VerificationKey::from_jwk(key));
        json changed = key;
        changed.update(change);
        EXPECT_FALSE(VerificationKey::from_jwk(changed)) << change;
    }
    for (const char *member : {"kty", "n", "e"}) {
        json changed = rfc7515_rsa;
        changed.erase(member);
        EXPECT_FALSE(VerificationKey::from_jwk(changed)) << member;
    }
    EXPECT_FALSE(VerificationKey::from_jwk(json::array()));
}

TEST(Jwks, AKeyIsFoundByAlgorithmAndId) {
    json one = rfc7515_ec;
    json other = rfc7515_ec;
    one["kid"] = "one";
    other["kid"] = "other";
    const auto keys = KeySet::parse(json{{"keys", {one, other, rfc8037_okp}}}.dump());
    EXPECT_EQ(keys.find(SignatureAlgorithm::es256, "one").size(), 1u);
    EXPECT_EQ(keys.find(SignatureAlgorithm::es256, "").size(), 0u);
    EXPECT_EQ(keys.find(SignatureAlgorithm::eddsa, "one").size(), 0u);
    // Without an id it must be clear which is meant.
    EXPECT_EQ(keys.find(SignatureAlgorithm::es256, std::nullopt).size(), 0u);
    EXPECT_EQ(keys.find(SignatureAlgorithm::eddsa, std::nullopt).size(), 1u);
}

TEST(Jwks, WhatIsNoSetIsRefused) {
    for (const std::string text :
         {"", "{}", "[]", "null", R"({"keys":{}})", R"({"keys":[],"keys":[]})", R"({"keys":[]} x)",
          "\xEF\xBB\xBF{\"keys\":[]}", R"({"keys":[)", R"({"keys":[{"a":1,"a":2}]})"})
        expect_error(Errc::invalid_argument, [&] { KeySet::parse(text); });
    json many = {{"keys", json::array()}};
    for (int i = 0; i < 65; ++i) many["keys"].push_back(rfc8037_okp);
    expect_error(Errc::invalid_argument, [&] { KeySet::parse(many.dump()); });
    expect_error(Errc::invalid_argument, [&] {
        KeySet::parse(R"({"keys":[],"x":")" + std::string(longest_key_set, 'x') + "\"}");
    });
    expect_error(Errc::invalid_argument, [&] {
        KeySet::parse(R"({"keys":[],"x":)" + std::string(20000, '[') + std::string(20000, ']') +
                      "}");
    });
}

}  // namespace
}  // namespace vvault
