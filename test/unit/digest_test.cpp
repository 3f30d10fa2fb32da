// SHA-256 is SHA-256; the keyed digest keeps its parts apart.
#include "core/digest.hpp"
#include "support.hpp"

namespace vvault {
namespace {

TEST(Sha256, HasTheAnswersOfFips180) {
    EXPECT_EQ(hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hex(sha256({as_bytes("abc")})),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex(sha256({Bytes(1000000, 'a')})),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, JoinsItsParts) {
    EXPECT_EQ(sha256({as_bytes("a"), {}, as_bytes("bc")}), sha256({as_bytes("abc")}));
}

TEST(KeyedDigest, KeepsItsPartsApart) {
    const SecretKey key = SecretKey::from(test::noise(32));
    const Digest digest = keyed_digest(key, {as_bytes("ab"), as_bytes("c")});
    EXPECT_EQ(digest, keyed_digest(key, {as_bytes("ab"), as_bytes("c")}));
    EXPECT_NE(digest, keyed_digest(key, {as_bytes("a"), as_bytes("bc")}));
    EXPECT_NE(digest, keyed_digest(key, {as_bytes("abc")}));
    EXPECT_NE(digest, keyed_digest(key, {as_bytes("ab"), as_bytes("c"), {}}));
    const std::string zeros(8, '\0');  // as wide as a length
    EXPECT_NE(keyed_digest(key, {as_bytes("a" + zeros + "b")}),
              keyed_digest(key, {as_bytes("a"), as_bytes("b")}));
    EXPECT_NE(digest,
              keyed_digest(SecretKey::from(test::noise(32, 2)), {as_bytes("ab"), as_bytes("c")}));
}

}  // namespace
}  // namespace vvault
