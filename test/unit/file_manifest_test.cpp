// Where files are cut, and the pages above the chunks.
#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "core/chunker.hpp"
#include "core/error.hpp"
#include "core/file_manifest.hpp"
#include "support.hpp"

using namespace vvault;
using vvault::test::error_of;

namespace {

Bytes noise_of(std::size_t size, std::uint32_t seed) {
    Bytes bytes(size);
    std::array<std::uint8_t, randombytes_SEEDBYTES> key{};
    key[0] = static_cast<std::uint8_t>(seed);
    randombytes_buf_deterministic(bytes.data(), bytes.size(), key.data());
    return bytes;
}

SecretKey key_of(std::uint8_t seed) {
    return SecretKey::from(Bytes(32, seed));
}

std::vector<std::size_t> cuts_of(const Chunker &chunker, ByteView content) {
    std::vector<std::size_t> sizes;
    while (const std::size_t size = chunker.next_cut(content)) {
        sizes.push_back(size);
        content = content.subspan(size);
    }
    return sizes;
}

ChunkRefs refs_of(std::size_t count) {
    ChunkRefs refs(count);
    for (std::size_t i = 0; i < count; ++i) {
        const Bytes id = noise_of(48, static_cast<std::uint32_t>(i % 251));
        std::copy_n(id.begin(), 16, refs[i].id.begin());
        std::copy_n(id.begin() + 16, 32, refs[i].key.begin());
        refs[i].id[1] = static_cast<std::uint8_t>(i >> 8);
        refs[i].size = i + 1;
    }
    return refs;
}

}  // namespace

TEST(Chunker, CutsWithinItsBounds) {
    const Bytes content = noise_of(4 << 20, 1);
    const auto sizes = cuts_of(Chunker(key_of(1)), content);
    ASSERT_GT(sizes.size(), 100u);
    for (const std::size_t size : sizes) {
        EXPECT_GT(size, chunk_size_min);
        EXPECT_LE(size, chunk_size_max);
    }
    const double mean = static_cast<double>(std::accumulate(sizes.begin(), sizes.end(), 0ul)) /
                        static_cast<double>(sizes.size());
    EXPECT_GT(mean, 0.6 * chunk_size_normal);
    EXPECT_LT(mean, 1.8 * chunk_size_normal);
}

TEST(Chunker, DoesNotCutWhatIsShort) {
    const Chunker chunker(key_of(1));
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, chunk_size_min})
        EXPECT_EQ(chunker.next_cut(noise_of(size, 1)), 0u) << size;
    EXPECT_EQ(chunker.next_cut(Bytes(chunk_size_max, 0)),
              cuts_of(chunker, Bytes(chunk_size_max, 0))[0]);
}

TEST(Chunker, CutsAreThePersonsOwn) {
    const Bytes content = noise_of(1 << 20, 1);
    EXPECT_EQ(cuts_of(Chunker(key_of(1)), content), cuts_of(Chunker(key_of(1)), content));
    EXPECT_NE(cuts_of(Chunker(key_of(1)), content), cuts_of(Chunker(key_of(2)), content));
}

TEST(Chunker, AnEditMovesTheCutsNearIt) {
    const Chunker chunker(key_of(1));
    Bytes content = noise_of(2 << 20, 1);
    auto before = cuts_of(chunker, content);
    content.insert(content.begin() + (1 << 20), 100, 7);
    auto after = cuts_of(chunker, content);
    std::size_t common_tail = 0;
    while (common_tail < std::min(before.size(), after.size()) &&
           before[before.size() - 1 - common_tail] == after[after.size() - 1 - common_tail])
        ++common_tail;
    const auto common_head = std::ranges::mismatch(before, after).in1 - before.begin();
    EXPECT_GE(common_head + common_tail + 5, before.size());
}

TEST(FilePages, HoldEveryReferenceInOrder) {
    for (const std::size_t count : {1, 2, 3, 127, 128, 129, 1000, 5000}) {
        const ChunkRefs refs = refs_of(count);
        ChunkRefs joined;
        const auto pages = split_into_pages(refs);
        for (const ChunkRefs &page : pages) {
            EXPECT_LE(page.size(), 128u);
            const ChunkRefs read = decode_page(encode_page(page));
            joined.insert(joined.end(), read.begin(), read.end());
        }
        EXPECT_EQ(joined, refs);
        EXPECT_TRUE(count == 1 || pages.size() < count);
    }
}

TEST(FilePages, RefuseWhatIsNoPage) {
    const SecretBytes page = encode_page(refs_of(3));
    for (std::size_t size = 0; size < page.size(); ++size) {
        if (size > 0 && size % 56 == 0) continue;
        EXPECT_EQ(error_of([&] { decode_page(ByteView(page).first(size)); }).code(),
                  Errc::does_not_open);
    }
}
