// ID tokens: what counts, what is refused and with which words, and that no key serves another
// algorithm. The tokens are those of vectors/id_tokens.json, made by another program.
#include <fstream>

#include <nlohmann/json.hpp>

#include "core/jwt.hpp"
#include "support.hpp"

namespace vvault {
namespace {

using nlohmann::json;

struct Vectors {
    json document;
    KeySet keys;
    std::vector<std::string> client_ids;
    Expectation expected;

    Vectors() {
        std::ifstream(VVAULT_TEST_DIR "/vectors/id_tokens.json") >> document;
        keys = KeySet::parse(document["jwks"].dump());
        client_ids = document["client_ids"].get<std::vector<std::string>>();
        expected.issuer = document["issuer"];
        expected.client_ids = client_ids;
    }

    const json &named(const char *name) const {
        for (const json &one : document["cases"])
            if (one["name"] == name) return one;
        throw std::runtime_error("there is no such case");
    }
};

std::optional<std::string> maybe(const json &object, const char *name) {
    const auto found = object.find(name);
    return found == object.end() || found->is_null() ? std::nullopt
                                                     : std::optional<std::string>(*found);
}

TEST(Jwt, EachTokenOfTheVectorsMeetsItsFate) {
    const Vectors vectors;
    int accepted = 0;
    for (const json &one : vectors.document["cases"]) {
        SCOPED_TRACE(one["name"].get<std::string>());
        Expectation expected = vectors.expected;
        expected.now = one["now"];
        expected.nonce = maybe(one, "nonce");
        const std::string token = one["token"];
        if (one.contains("refused")) {
            const Error error =
                test::error_of([&] { verify_id_token(token, vectors.keys, expected); });
            EXPECT_EQ(error.code(), Errc::token_refused);
            EXPECT_EQ(error.message(), "the ID token is not accepted");
            EXPECT_EQ(error.detail(), one["refused"].get<std::string>());
            continue;
        }
        const auto verified = verify_id_token(token, vectors.keys, expected);
        ASSERT_EQ(verified.has_value(), !one.contains("no_key"));
        if (!verified) continue;
        ++accepted;
        const json &said = one["accepted"];
        EXPECT_EQ(verified->subject, said["subject"].get<std::string>());
        EXPECT_EQ(verified->email, maybe(said, "email"));
        EXPECT_EQ(verified->email_verified, said["email_verified"].get<bool>());
        EXPECT_EQ(verified->name, maybe(said, "name"));
        EXPECT_EQ(verified->hosted_domain, maybe(said, "hosted_domain"));
    }
    EXPECT_GT(accepted, 20);
}

TEST(Jwt, NoCharacterCanBeChanged) {
    const Vectors vectors;
    for (const char *name : {"RS256", "ES256", "EdDSA"}) {
        Expectation expected = vectors.expected;
        expected.now = vectors.named(name)["now"];
        const std::string token = vectors.named(name)["token"];
        for (std::size_t i = 0; i < token.size(); ++i)
            for (const char other : {'A', 'B', '.', '=', '\0'}) {
                std::string changed = token;
                if (changed[i] == other) continue;
                changed[i] = other;
                bool counts = false;
                try {
                    counts = verify_id_token(changed, vectors.keys, expected).has_value();
                } catch (const Error &error) {
                    EXPECT_EQ(error.code(), Errc::token_refused);
                }
                EXPECT_FALSE(counts) << name << " " << i << " " << other;
            }
    }
}

TEST(Jwt, NoEndCanBeCutOff) {
    const Vectors vectors;
    Expectation expected = vectors.expected;
    expected.now = vectors.named("RS256")["now"];
    const std::string token = vectors.named("RS256")["token"];
    for (std::size_t size = 0; size < token.size(); ++size)
        test::expect_error(Errc::token_refused, [&] {
            verify_id_token(std::string_view(token).substr(0, size), vectors.keys, expected);
        });
}

TEST(Jwt, TwoSignaturesOfOneTextAreOneToken) {
    const Vectors vectors;
    Expectation expected = vectors.expected;
    const json &one = vectors.named("ES256");
    const json &other = vectors.named("ES256, the other signature of the same text");
    expected.now = one["now"];
    ASSERT_NE(one["token"], other["token"]);
    const auto first = verify_id_token(one["token"].get<std::string>(), vectors.keys, expected);
    const auto second = verify_id_token(other["token"].get<std::string>(), vectors.keys, expected);
    EXPECT_EQ(first->digest, second->digest);
    const auto third =
        verify_id_token(vectors.named("RS256")["token"].get<std::string>(), vectors.keys, expected);
    EXPECT_NE(first->digest, third->digest);
}

TEST(Jwt, AnIssuerIsClaimedBeforeAnythingIsBelieved) {
    const Vectors vectors;
    EXPECT_EQ(claimed_issuer(vectors.named("RS256")["token"].get<std::string>()),
              "https://issuer.example");
    EXPECT_EQ(
        claimed_issuer(vectors.named("alg none with a signature")["token"].get<std::string>()),
        "https://issuer.example");
    for (const char *name : {"two parts", "no issuer", "issuers as a list", "a claim twice"})
        EXPECT_EQ(claimed_issuer(vectors.named(name)["token"].get<std::string>()), std::nullopt);
    // {"alg":"x"} . {"iss":"accounts.google.com"} . one byte
    EXPECT_EQ(claimed_issuer("eyJhbGciOiJ4In0.eyJpc3MiOiJhY2NvdW50cy5nb29nbGUuY29tIn0.AQ"),
              "https://accounts.google.com");
    // {"iss":"a\u0000"}
    EXPECT_EQ(claimed_issuer("eyJhbGciOiJ4In0.eyJpc3MiOiJhXHUwMDAwIn0.AQ"), std::nullopt);
}

}  // namespace
}  // namespace vvault
