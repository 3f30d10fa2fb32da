// No two lists of texts have one fingerprint, and no two keys give the same.
#include "core/fingerprint.hpp"

#include <set>
#include <vector>

#include "support.hpp"

namespace vvault {
namespace {

using Parts = std::vector<std::optional<std::string_view>>;

TEST(Fingerprint, IsTheSameForTheSame) {
    const SecretKey key = SecretKey::random();
    const Parts parts = {"user", "noon", "hello"};
    EXPECT_EQ(fingerprint(key, parts), fingerprint(key, parts));
    EXPECT_EQ(fingerprint(key, parts).size(), 32u);
    EXPECT_NE(fingerprint(key, parts), fingerprint(SecretKey::random(), parts));
}

TEST(Fingerprint, TellsListsApart) {
    const SecretKey key = SecretKey::random();
    const std::vector<Parts> lists = {
        {},       {""},       {std::nullopt}, {"", ""},    {"", std::nullopt},
        {"ab"},   {"a", "b"}, {"a", "", "b"}, {"1:a"},     {"a", "1:b"},
        {"a1:b"}, {"null:"},  {"b", "a"},     {"a", "b2"}, {"a", "b", "2"},
    };
    std::set<std::string> seen;
    for (const Parts &parts : lists) EXPECT_TRUE(seen.insert(fingerprint(key, parts)).second);
}

TEST(Fingerprint, IsTheKnownOne) {
    const std::vector<std::uint8_t> zeros(SecretKey::size, 0);
    const SecretKey key = SecretKey::from(zeros);
    const Parts parts = {"user", "noon", std::nullopt};
    const Bytes framed = [] {
        Bytes bytes;
        append_be64(bytes, 17);
        append(bytes, as_bytes("4:user4:noonnull:"));
        return bytes;
    }();
    std::uint8_t digest[32];
    crypto_generichash(digest, sizeof digest, framed.data(), framed.size(), zeros.data(),
                       zeros.size());
    EXPECT_EQ(fingerprint(key, parts), hex(ByteView(digest).first(16)));
}

}  // namespace
}  // namespace vvault
