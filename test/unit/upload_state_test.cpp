// What is kept of an upload between its parts: it goes on as if there had been one part.
#include <gtest/gtest.h>

#include "core/chunker.hpp"
#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/upload_state.hpp"
#include "support.hpp"

using namespace vvault;
using vvault::test::expect_error;

namespace {

Bytes noise_of(std::size_t size) {
    Bytes bytes(size);
    std::array<std::uint8_t, randombytes_SEEDBYTES> key{7};
    randombytes_buf_deterministic(bytes.data(), bytes.size(), key.data());
    return bytes;
}

ChunkRef ref_of(std::uint8_t number) {
    ChunkRef ref{};
    ref.id.fill(number);
    ref.key.fill(static_cast<std::uint8_t>(~number));
    ref.size = number;
    return ref;
}

}  // namespace

TEST(RunningDigest, IsThatOfAllPartsWhereverTheyEnd) {
    const Bytes content = noise_of(300);
    for (std::size_t first = 0; first <= content.size(); ++first) {
        RunningDigest begun;
        begun.add(ByteView(content).first(first));
        EXPECT_EQ(begun.digest(), sha256({ByteView(content).first(first)})) << first;
        RunningDigest resumed(begun.written());
        resumed.add(ByteView(content).subspan(first));
        EXPECT_EQ(resumed.digest(), sha256({content})) << first;
        // Asking for it does not end it.
        EXPECT_EQ(RunningDigest(resumed.written()).digest(), resumed.digest()) << first;
    }
}

TEST(RunningDigest, CountsBeyondWhat32BitsHold) {
    RunningDigest digest;
    const Bytes block(1 << 20, 0xAB);
    for (int i = 0; i < 600; ++i) digest.add(block);
    RunningDigest resumed(digest.written());
    digest.add(ByteView(block).first(5));
    resumed.add(ByteView(block).first(5));
    EXPECT_EQ(resumed.digest(), digest.digest());
}

TEST(RunningDigest, RefusesWhatItDidNotWrite) {
    RunningDigest digest;
    digest.add(noise_of(100));
    SecretBytes written = digest.written();
    EXPECT_EQ(written.size(), 32u + 8 + 36);
    written.pop_back();
    expect_error(Errc::does_not_open, [&] { RunningDigest{written}; });
    expect_error(Errc::does_not_open, [&] { RunningDigest{ByteView(written).first(20)}; });
    expect_error(Errc::does_not_open, [&] { RunningDigest{ByteView()}; });
}

TEST(UploadState, ComesBackAsItWas) {
    RunningDigest hash;
    hash.add(noise_of(70));
    for (const std::size_t size : {0, 1, 65535}) {
        const Bytes rest = noise_of(size);
        const UploadState state = decode_upload_state(encode_upload_state(hash, rest));
        EXPECT_EQ(RunningDigest(state.hash).digest(), hash.digest());
        EXPECT_TRUE(std::ranges::equal(state.rest, rest));
    }
    expect_error(Errc::does_not_open, [] { decode_upload_state({}); });
}

TEST(UploadPart, ComesBackAsItWas) {
    for (const std::uint8_t count : {0, 1, 200}) {
        UploadPart part{sha256({}), {}};
        for (std::uint8_t i = 0; i < count; ++i) part.refs.push_back(ref_of(i));
        const SecretBytes encoded = encode_upload_part(part);
        EXPECT_EQ(encoded.size(), 32u + count * chunk_ref_size);
        const UploadPart again = decode_upload_part(encoded);
        EXPECT_EQ(again.sha256, part.sha256);
        EXPECT_EQ(again.refs, part.refs);
        expect_error(Errc::does_not_open, [&] { decode_upload_part(ByteView(encoded).first(31)); });
    }
}

// What append_part() does: cut what there is, keep what is behind the last cut.
TEST(UploadState, PartsAreCutWhereTheWholeIs) {
    const Chunker chunker(SecretKey::from(Bytes(32, 3)));
    const Bytes content = noise_of(1 << 20);
    const auto cuts = [&](std::size_t part_size) {
        std::vector<std::size_t> found;
        Bytes rest;
        for (std::size_t at = 0; at < content.size(); at += part_size) {
            append(rest, ByteView(content).subspan(at, std::min(part_size, content.size() - at)));
            ByteView left = rest;
            while (const std::size_t size = chunker.next_cut(left)) {
                found.push_back(size);
                left = left.subspan(size);
            }
            rest.erase(rest.begin(), rest.end() - static_cast<std::ptrdiff_t>(left.size()));
        }
        return found;
    };
    const auto whole = cuts(content.size());
    EXPECT_GT(whole.size(), 20u);
    for (const std::size_t size : {4095, 4096, 4097, 16384, 65535, 65536, 65537, 700'000})
        EXPECT_EQ(cuts(size), whole) << size;
}
