// Compression is kept only where it saves a sixteenth, and writes no more than was
// announced.
#include <zstd.h>

#include "core/compression.hpp"
#include "support.hpp"

namespace vvault::detail {
namespace {

using test::noise;
using test::same;

constexpr std::size_t limit = std::size_t{1} << 30;

Bytes half_noise(std::size_t size) {
    Bytes bytes = noise(size);
    for (std::size_t i = 0; i < size; i += 2) bytes[i] = 'x';
    return bytes;
}

TEST(Compression, RoundTripsEverySizeAroundItsBorders) {
    for (const std::size_t border : {512, 4096, 16384, 65536, 131072, 262144})
        for (std::size_t size = border; size < border + 3; ++size) {
            const Bytes plaintext = half_noise(size);
            const auto compressed = compress(plaintext);
            ASSERT_TRUE(compressed) << size;
            const auto opened = decompress(*compressed, limit);
            ASSERT_TRUE(opened) << size;
            EXPECT_TRUE(same(*opened, plaintext)) << size;
        }
}

TEST(Compression, FitsTheKeptMemoryAtEverySize) {
    for (std::size_t size = 512; size <= 16384; size += 61)
        EXPECT_TRUE(compress(half_noise(size))) << size;
}

// Noise and then one run: what is saved is the run, less a few bytes of zstd's.
TEST(Compression, MustSaveASixteenth) {
    const auto with_run = [](std::size_t run) {
        Bytes plaintext = noise(16000);
        std::fill(plaintext.end() - static_cast<std::ptrdiff_t>(run), plaintext.end(), 'a');
        return plaintext;
    };
    for (std::size_t run = 0; run < 1000; run += 50) EXPECT_FALSE(compress(with_run(run))) << run;
    for (std::size_t run = 1100; run < 2000; run += 50) {
        const auto compressed = compress(with_run(run));
        ASSERT_TRUE(compressed) << run;
        EXPECT_LE(compressed->size(), 15000u) << run;
    }
}

TEST(Compression, IsNotTriedOnWhatIsShort) {
    EXPECT_FALSE(compress(Bytes(511, 'a')));
    EXPECT_FALSE(compress({}));
}

TEST(Compression, StopsAtTheLimit) {
    const auto compressed = *compress(Bytes(5000, 'a'));
    EXPECT_TRUE(decompress(compressed, 5000));
    EXPECT_FALSE(decompress(compressed, 4999));
}

TEST(Compression, RefusesAFrameThatDoesNotTellItsLength) {
    const Bytes plaintext(5000, 'a');
    Bytes body;
    append_be64(body, plaintext.size());
    ZSTD_CCtx *const context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
    Bytes frame(ZSTD_compressBound(plaintext.size()));
    frame.resize(
        ZSTD_compress2(context, frame.data(), frame.size(), plaintext.data(), plaintext.size()));
    ZSTD_freeCCtx(context);
    append(body, frame);
    EXPECT_FALSE(decompress(body, limit));
}

TEST(Compression, RefusesWhatIsNoFrame) {
    EXPECT_FALSE(decompress({}, limit));
    EXPECT_FALSE(decompress(Bytes(7), limit));
    EXPECT_FALSE(decompress(Bytes(8), limit));
    EXPECT_FALSE(decompress(noise(500), limit));
}

}  // namespace
}  // namespace vvault::detail
