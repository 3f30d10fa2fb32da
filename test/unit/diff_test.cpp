// A unified diff turns one text into the other, shows no more than it must, and never hangs.
#include <random>
#include <cstdio>
#include <stdexcept>

#include "core/diff.hpp"
#include "support.hpp"

namespace vvault {
namespace {

using test::expect_error;

std::string diff(std::string_view a, std::string_view b) {
    return unified_diff({.text = a, .label = "a"}, {.text = b, .label = "b"});
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return lines;
}

// A patch of the strictest kind: every line must stand where the hunk says.
std::string patched(std::string_view text, std::string_view diff) {
    const auto source = lines_of(text);
    auto script = lines_of(diff);
    std::string result;
    std::size_t at = 0;
    for (std::size_t i = 2; i < script.size(); ++i) {
        std::string line = script[i];
        if (line.starts_with("@@")) {
            std::size_t from = 0, count = 1;
            if (std::sscanf(line.c_str(), "@@ -%zu,%zu", &from, &count) < 1) ADD_FAILURE() << line;
            if (count > 0) --from;
            while (at < from) result += source.at(at++);
            continue;
        }
        if (i + 1 < script.size() && script[i + 1].starts_with("\\")) {
            line.pop_back();
            script.erase(script.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        }
        if (line[0] != '+') {
            EXPECT_EQ(source.at(at++), line.substr(1));
        }
        if (line[0] != '-') result += line.substr(1);
    }
    while (at < source.size()) result += source[at++];
    return result;
}

std::size_t changed_lines(std::string_view diff) {
    std::size_t count = 0;
    const auto script = lines_of(diff);
    for (std::size_t i = 2; i < script.size(); ++i)
        count += script[i][0] == '-' || script[i][0] == '+';
    return count;
}

// By the whole table: what the search in linear space must agree with.
std::size_t smallest_change(const std::vector<std::string> &a, const std::vector<std::string> &b) {
    std::vector<std::vector<std::size_t>> common(a.size() + 1,
                                                 std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i < a.size(); ++i)
        for (std::size_t j = 0; j < b.size(); ++j)
            common[i + 1][j + 1] =
                a[i] == b[j] ? common[i][j] + 1 : std::max(common[i][j + 1], common[i + 1][j]);
    return a.size() + b.size() - 2 * common[a.size()][b.size()];
}

std::string random_text(std::mt19937 &random, int alphabet, std::size_t longest) {
    std::string text;
    for (std::size_t n = random() % longest; n > 0; --n) {
        text += std::string(1, static_cast<char>('a' + random() % static_cast<unsigned>(alphabet)));
        text += random() % 5 == 0 ? "\r\n" : "\n";
    }
    if (!text.empty() && random() % 3 == 0) text.pop_back();
    return text;
}

TEST(Diff, SameTextsGiveNothing) {
    EXPECT_EQ(diff("", ""), "");
    EXPECT_EQ(diff("a\nb", "a\nb"), "");
}

TEST(Diff, LooksLikeEveryUnifiedDiff) {
    EXPECT_EQ(diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"),
              "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
    EXPECT_EQ(diff("", "x\n"), "--- a\n+++ b\n@@ -0,0 +1 @@\n+x\n");
    EXPECT_EQ(diff("x\ny\n", ""), "--- a\n+++ b\n@@ -1,2 +0,0 @@\n-x\n-y\n");
    EXPECT_EQ(diff("x\n", "x\ny\n"), "--- a\n+++ b\n@@ -1 +1,2 @@\n x\n+y\n");
}

TEST(Diff, TellsOfAMissingNewlineAndKeepsEveryLineEnd) {
    EXPECT_EQ(diff("x", "x\n"),
              "--- a\n+++ b\n@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+x\n");
    EXPECT_EQ(diff("x\r\ny\r\n", "x\r\nz\r\n"),
              "--- a\n+++ b\n@@ -1,2 +1,2 @@\n x\r\n-y\r\n+z\r\n");
    EXPECT_EQ(diff("x\r\n", "x\n"), "--- a\n+++ b\n@@ -1 +1 @@\n-x\r\n+x\n");
}

TEST(Diff, HunksCloseToEachOtherAreOne) {
    std::string a, near, far;
    for (int i = 0; i < 20; ++i) {
        const std::string line = std::to_string(i) + "\n";
        a += line;
        near += i == 2 || i == 9 ? "x\n" : line;
        far += i == 2 || i == 10 ? "x\n" : line;
    }
    const auto hunks = [&](const std::string &b) {
        std::size_t count = 0;
        for (const auto &line : lines_of(diff(a, b))) count += line.starts_with("@@");
        return count;
    };
    EXPECT_EQ(hunks(near), 1u);
    EXPECT_EQ(hunks(far), 2u);
}

TEST(Diff, AppliedToTheOldTextItGivesTheNewOne) {
    std::mt19937 random(20260101);
    for (int i = 0; i < 5000; ++i) {
        const std::string a = random_text(random, 1 + i % 6, 40),
                          b = random_text(random, 1 + i % 6, 40);
        ASSERT_EQ(patched(a, diff(a, b)), b) << "a:\n" << a << "\nb:\n" << b;
    }
}

TEST(Diff, NoDiffIsSmaller) {
    std::mt19937 random(20260102);
    for (int i = 0; i < 1000; ++i) {
        const std::string a = random_text(random, 2 + i % 5, 60),
                          b = random_text(random, 2 + i % 5, 60);
        ASSERT_EQ(changed_lines(diff(a, b)), smallest_change(lines_of(a), lines_of(b)));
    }
}

// Few different lines and no order: as hard as it gets. The search gives up looking for the
// smallest result, and what it gives is still right.
TEST(Diff, GarbageIsComparedWithinBounds) {
    std::mt19937 random(20260103);
    std::string a, b;
    for (int i = 0; i < 400000; ++i) {
        a += std::to_string(random() % 50) + "\n";
        b += std::to_string(random() % 50) + "\n";
    }
    EXPECT_EQ(patched(a, diff(a, b)), b);
}

TEST(Diff, ALongComparisonCanBeEnded) {
    std::mt19937 random(20260104);
    std::string a, b;
    for (int i = 0; i < 20000; ++i) {
        a += std::to_string(random() % 50) + "\n";
        b += std::to_string(random() % 50) + "\n";
    }
    int breaths = 0;
    EXPECT_THROW(unified_diff({.text = a, .label = "a"}, {.text = b, .label = "b"},
                              [&] {
                                  if (++breaths == 3) throw std::runtime_error("enough");
                              }),
                 std::runtime_error);
    EXPECT_EQ(breaths, 3);
}

TEST(Diff, RefusesWhatIsTooLarge) {
    const std::string large((std::size_t{16} << 20) + 1, 'x');
    expect_error(Errc::too_large, [&] { diff(large, "x"); });
    expect_error(Errc::too_large, [&] { diff("x", large); });
}

TEST(Diff, KnowsTextFromBytes) {
    EXPECT_TRUE(is_comparable_text(""));
    EXPECT_TRUE(is_comparable_text("Grüße, 世界\r\n"));
    EXPECT_FALSE(is_comparable_text(std::string_view("a\0b", 3)));
    EXPECT_FALSE(is_comparable_text("\xff\xfe"));
    EXPECT_FALSE(is_comparable_text("cut off \xc3"));
}

}  // namespace
}  // namespace vvault
