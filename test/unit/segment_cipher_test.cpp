// The arithmetic of segments: each plaintext size has one body size, and no other
// body size has a plaintext.
#include <map>

#include "core/segment_cipher.hpp"
#include "support.hpp"

namespace vvault::detail {
namespace {

TEST(SegmentSizes, AreOnePlus16ForEachSegment) {
    const std::map<std::size_t, std::size_t> sizes = {
        {0, 16},
        {1, 17},
        {65535, 65551},
        {65536, 65552},
        {65537, 65569},
        {131072, 131104},
        {131073, 131121},
        {1 << 20, (1 << 20) + 256},
        {std::size_t{1} << 30, (std::size_t{1} << 30) + 16384 * 16},
    };
    for (const auto &[plain, sealed] : sizes) {
        EXPECT_EQ(sealed_body_size(plain), sealed);
        EXPECT_EQ(plain_body_size(sealed), plain);
    }
}

TEST(SegmentSizes, NothingElseIsABody) {
    std::size_t bodies = 0;
    for (std::size_t sealed = 0; sealed <= 3 * 65552; ++sealed) {
        const auto plain = plain_body_size(sealed);
        if (!plain) continue;
        ++bodies;
        EXPECT_EQ(sealed_body_size(*plain), sealed);
    }
    EXPECT_EQ(bodies, 3 * 65536u + 1);
    for (const std::size_t sealed : {0, 15, 65553, 65552 + 15, 65552 + 16, 2 * 65552 + 16})
        EXPECT_FALSE(plain_body_size(sealed)) << sealed;
}

TEST(SegmentCipher, BothSuitesOpenOnlyTheirOwn) {
    const Bytes key = test::noise(32), plaintext = test::noise(70000);
    for (const Suite suite : {Suite::aes_256_gcm, Suite::chacha20_poly1305}) {
        const Suite other =
            suite == Suite::aes_256_gcm ? Suite::chacha20_poly1305 : Suite::aes_256_gcm;
        Bytes sealed(sealed_body_size(plaintext.size())), opened(plaintext.size());
        seal_segments(suite, key, plaintext, sealed);
        EXPECT_TRUE(open_segments(suite, key, sealed, opened));
        EXPECT_EQ(opened, plaintext);
        EXPECT_FALSE(open_segments(other, key, sealed, opened));
        EXPECT_FALSE(open_segments(suite, test::noise(32, 2), sealed, opened));
    }
}

}  // namespace
}  // namespace vvault::detail
