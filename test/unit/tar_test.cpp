// A tar archive is whole blocks, and every name comes out as it went in. (That tar itself reads
// it is tested in test/export.)
#include <numeric>

#include "core/tar.hpp"
#include "support.hpp"

namespace vvault {
namespace {

constexpr std::size_t block = 512;

std::string_view text_at(const Bytes &archive, std::size_t at, std::size_t size) {
    const auto text = as_text(archive).substr(at, size);
    return text.substr(0, text.find('\0'));
}

Bytes entry(std::string_view path, std::string_view content, std::int64_t modified_s = 0) {
    return tar_entry({.path = path, .modified_s = modified_s, .content = as_bytes(content)});
}

TEST(Tar, AnEntryIsAHeaderAndPaddedContent) {
    const Bytes archive = entry("library/a.md", "abc", 1234567890);
    ASSERT_EQ(archive.size(), 2 * block);
    EXPECT_EQ(text_at(archive, 0, 100), "library/a.md");
    EXPECT_EQ(text_at(archive, 100, 8), "0000600");
    EXPECT_EQ(text_at(archive, 124, 12), "00000000003");
    EXPECT_EQ(text_at(archive, 136, 12), "11145401322");
    EXPECT_EQ(text_at(archive, 156, 1), "0");
    EXPECT_EQ(as_text(archive).substr(257, 8), std::string_view("ustar\00000", 8));
    EXPECT_EQ(text_at(archive, block, block), "abc");
}

TEST(Tar, TheChecksumIsTheSumWithSpacesInItsPlace) {
    Bytes archive = entry("a", "");
    const auto stated = std::stoul(std::string(text_at(archive, 148, 8)), nullptr, 8);
    std::fill_n(archive.begin() + 148, 8, std::uint8_t{' '});
    EXPECT_EQ(stated, std::accumulate(archive.begin(), archive.end(), 0ul));
}

TEST(Tar, ContentFillsWholeBlocksAndNoMore) {
    EXPECT_EQ(entry("a", "").size(), block);
    EXPECT_EQ(entry("a", std::string(block, 'x')).size(), 2 * block);
    EXPECT_EQ(entry("a", std::string(block + 1, 'x')).size(), 3 * block);
    EXPECT_EQ(tar_end(), Bytes(2 * block));
}

TEST(Tar, ALongOrForeignPathStandsInFront) {
    EXPECT_EQ(entry(std::string(100, 'x'), "").size(), block);
    for (const std::string &path : {std::string(101, 'x'), std::string("Gr\u00fc\u00dfe.md")}) {
        const Bytes archive = entry(path, "");
        ASSERT_EQ(archive.size(), 3 * block);
        EXPECT_EQ(text_at(archive, 156, 1), "x");
        EXPECT_EQ(text_at(archive, 2 * block + 156, 1), "0");
        const std::string record(text_at(archive, block, block));
        EXPECT_EQ(record, std::to_string(record.size()) + " path=" + path + "\n");
    }
}

// The length counts its own digits, so that around a power of ten it takes a second look.
TEST(Tar, TheLengthOfARecordCountsItselfIn) {
    for (std::size_t size = 101; size < 1100; ++size) {
        const std::string path(size, 'x');
        const Bytes archive = entry(path, "");
        const std::string record(text_at(archive, block, archive.size() - 2 * block));
        ASSERT_EQ(record, std::to_string(record.size()) + " path=" + path + "\n");
    }
}

TEST(Tar, TimesThatCannotBeSaidBecomeTheNearest) {
    EXPECT_EQ(text_at(entry("a", "", -1), 136, 12), "00000000000");
    EXPECT_EQ(text_at(entry("a", "", std::int64_t{1} << 40), 136, 12), "77777777777");
}

}  // namespace
}  // namespace vvault
