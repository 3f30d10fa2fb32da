// Tokens have one shape, are never the same twice, and only their hash is kept.
#include "core/token.hpp"
#include "support.hpp"

namespace vvault {
namespace {

TEST(Token, Is51Characters) {
    const std::string token = make_token();
    EXPECT_EQ(token.size(), 51u);
    EXPECT_EQ(token.substr(0, 8), "vv_live_");
    EXPECT_TRUE(is_token(token));
    EXPECT_NE(token, make_token());
}

TEST(Token, OtherShapesAreRefused) {
    const std::string token = "vv_live_" + std::string(43, 'A');
    EXPECT_TRUE(is_token(token));
    const std::string bad[] = {
        "",
        "vv_live_",
        token.substr(1),
        token + "A",
        token.substr(0, 50),
        token + "=",
        token + "\n",
        " " + token,
        "VV_LIVE_" + std::string(43, 'A'),
        "vv_test_" + std::string(43, 'A'),
        "vv_live_" + std::string(42, 'A') + "B",  // stray bits: a second text of a value
        "vv_live_" + std::string(42, 'A') + "+",
        "vv_live_" + std::string(21, 'A') + " " + std::string(21, 'A'),
    };
    for (const std::string &text : bad) EXPECT_FALSE(is_token(text)) << text;
}

TEST(Token, HashAndPrefix) {
    const std::string one = make_token(), two = make_token();
    EXPECT_EQ(token_hash(one), token_hash(one));
    EXPECT_NE(token_hash(one), token_hash(two));
    EXPECT_EQ(token_prefix(one), one.substr(0, 12));
    EXPECT_EQ(token_prefix("short"), "short");
}

}  // namespace
}  // namespace vvault
