// The info of a version: what it holds comes back, and what is cut short or unknown is refused.
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/fields.hpp"
#include "core/file_info.hpp"
#include "support.hpp"

using namespace vvault;
using vvault::test::error_of;

namespace {

Root some_root(std::uint8_t height) {
    ChunkRef top{};
    top.id.fill(3);
    top.key.fill(4);
    top.size = 70000;
    return Root{height, top};
}

FileInfo some_info(std::size_t tail) {
    FileInfo info{};
    info.seed.fill(1);
    info.sha256.fill(2);
    info.metadata = R"({"a": 1})";
    info.tail.assign(tail, 'x');
    return info;
}

PastVersions some_past(bool begin_this) {
    PastVersions past{.last = 300, .versions = {}};
    past.seed.fill(5);
    past.begin_this = begin_this;
    if (!begin_this) {
        past.root = some_root(1);
        past.tail.assign(5000, 'y');
    }
    for (std::uint64_t i = 0; i < 100; ++i) {
        Digest sha256{};
        sha256.fill(static_cast<std::uint8_t>(i));
        past.versions.push_back({sha256, 1000 + i * i * i, i % 3 == 0 ? R"({"n": 3})" : ""});
    }
    return past;
}

void expect_same(const std::optional<Root> &a, const std::optional<Root> &b) {
    ASSERT_EQ(a.has_value(), b.has_value());
    if (!a) return;
    EXPECT_EQ(a->height, b->height);
    EXPECT_EQ(a->top, b->top);
}

void expect_same(const PastVersions &a, const PastVersions &b) {
    EXPECT_EQ(a.last, b.last);
    EXPECT_EQ(a.seed, b.seed);
    EXPECT_EQ(a.begin_this, b.begin_this);
    EXPECT_EQ(a.tail, b.tail);
    expect_same(a.root, b.root);
    ASSERT_EQ(a.versions.size(), b.versions.size());
    for (std::size_t i = 0; i < a.versions.size(); ++i) {
        EXPECT_EQ(a.versions[i].sha256, b.versions[i].sha256);
        EXPECT_EQ(a.versions[i].size, b.versions[i].size);
        EXPECT_EQ(a.versions[i].metadata, b.versions[i].metadata);
    }
}

}  // namespace

TEST(FileInfo, ReadsBackAsItWas) {
    for (const std::size_t tail : {0, 1, 95, 96, 300, 5000, 65535}) {
        FileInfo info = some_info(tail);
        info.continues = tail % 2 == 1;
        if (!info.continues) {
            info.root = some_root(2);
            info.past = some_past(tail == 300);
            info.follows_shredding = tail == 96;
        }
        if (tail == 5000) info.metadata.clear();
        const FileInfo read = decode_info(encode_info(info));
        EXPECT_EQ(read.seed, info.continues ? Seed{} : info.seed);
        EXPECT_EQ(read.sha256, info.sha256);
        EXPECT_EQ(read.metadata, info.metadata);
        EXPECT_EQ(read.continues, info.continues);
        EXPECT_EQ(read.follows_shredding, info.follows_shredding);
        EXPECT_EQ(read.tail, info.tail);
        expect_same(read.root, info.root);
        ASSERT_EQ(read.past.has_value(), info.past.has_value());
        if (info.past) expect_same(*read.past, *info.past);
    }
}

TEST(FileInfo, OfAVersionThatContinuesIsItsHashAndItsBytes) {
    FileInfo info = some_info(50);
    info.continues = true;
    info.metadata.clear();
    EXPECT_EQ(encode_info(info).size(), 1u + 32u + 50u);
}

TEST(FileInfo, KnowsWhichVersionsItTookOver) {
    const PastVersions past = some_past(true);
    EXPECT_EQ(past.first(), 201u);
    EXPECT_TRUE(past.contain(201) && past.contain(300));
    EXPECT_FALSE(past.contain(200) || past.contain(301));
}

TEST(FileInfo, RefusesWhatIsCutShort) {
    for (const bool begin_this : {false, true}) {
        FileInfo info = some_info(0);
        info.root = some_root(0);
        info.past = some_past(begin_this);
        const SecretBytes bytes = encode_info(info);
        for (std::size_t size = 0; size < bytes.size(); ++size)
            EXPECT_EQ(error_of([&] { decode_info(ByteView(bytes).first(size)); }).code(),
                      Errc::does_not_open)
                << size;
    }
}

TEST(FileInfo, RefusesFlagsThatItDoesNotKnowAndThoseThatDoNotFit) {
    FileInfo info = some_info(10);
    for (const std::uint8_t flags : {64, 128, 1 | 32}) {
        SecretBytes bytes = encode_info(info);
        bytes[0] = flags;
        EXPECT_EQ(error_of([&] { decode_info(bytes); }).code(), Errc::does_not_open) << int{flags};
    }
    info.continues = true;
    info.root = some_root(0);
    EXPECT_EQ(error_of([&] { decode_info(encode_info(info)); }).code(), Errc::does_not_open);
}

TEST(FileInfo, RefusesMorePastVersionsThanThereCanBe) {
    FileInfo info = some_info(0);
    info.past = some_past(true);
    info.past->last = 99;
    EXPECT_EQ(error_of([&] { decode_info(encode_info(info)); }).code(), Errc::does_not_open);
    info.past = some_past(true);
    info.past->versions.resize(128, info.past->versions.back());
    EXPECT_EQ(error_of([&] { decode_info(encode_info(info)); }).code(), Errc::does_not_open);
    info.past->versions.clear();
    EXPECT_EQ(error_of([&] { decode_info(encode_info(info)); }).code(), Errc::does_not_open);
}

TEST(VersionBlind, IsEachVersionsOwn) {
    Seed seed{};
    Seed other{};
    other[31] = 1;
    EXPECT_EQ(version_blind(seed, 1), version_blind(seed, 1));
    EXPECT_NE(version_blind(seed, 1), version_blind(seed, 2));
    EXPECT_NE(version_blind(seed, 1), version_blind(other, 1));
}

TEST(Fields, NumbersReadBackInAsFewBytesAsTheyTake) {
    for (const std::uint64_t number :
         {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, std::uint64_t{16383},
          std::uint64_t{16384}, (std::uint64_t{1} << 63) - 1}) {
        Bytes bytes;
        put_number(bytes, number);
        Fields fields(bytes);
        EXPECT_EQ(fields.take_number(), number);
        EXPECT_TRUE(fields.take_rest().empty());
        EXPECT_LE(bytes.size(), number < 128 ? 1u : number < 16384 ? 2u : 9u);
    }
    const Bytes endless(10, 255);
    EXPECT_EQ(error_of([&] { Fields(endless).take_number(); }).code(), Errc::does_not_open);
}
