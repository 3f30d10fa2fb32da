// A snapshot is read as Postgres writes it, and shows what Postgres' own would.
#include "core/ledger_snapshot.hpp"

#include "support.hpp"

namespace vvault {
namespace {

TEST(LedgerSnapshot, ShowsWhatHadEnded) {
    const auto snapshot = LedgerSnapshot::from_text("10:20:10,14,15");
    for (const std::uint64_t ended : {1, 9, 11, 13, 16, 19}) EXPECT_TRUE(snapshot.shows(ended));
    for (const std::uint64_t open : {10, 14, 15, 20, 21}) EXPECT_FALSE(snapshot.shows(open));
    EXPECT_EQ(snapshot.end(), 20u);
}

TEST(LedgerSnapshot, IsWrittenAsItWasRead) {
    for (const char *text : {"1:1:", "10:20:10,14,15", "4294967297:4294967299:4294967297"})
        EXPECT_EQ(LedgerSnapshot::from_text(text).text(), text);
}

TEST(LedgerSnapshot, HidesATransaction) {
    auto snapshot = LedgerSnapshot::from_text("10:20:10,14,15");
    snapshot.hide(12);
    EXPECT_EQ(snapshot.text(), "10:20:10,12,14,15");
    snapshot.hide(12);
    snapshot.hide(14);
    snapshot.hide(25);
    EXPECT_EQ(snapshot.text(), "10:20:10,12,14,15");
    snapshot.hide(7);
    EXPECT_EQ(snapshot.text(), "7:20:7,10,12,14,15");
    EXPECT_FALSE(snapshot.shows(7));
    EXPECT_TRUE(snapshot.shows(8));
}

TEST(LedgerSnapshot, RefusesAnyOtherText) {
    for (const char *text :
         {"", "1", "1:1", "1:2:3", "2:1:", "1:9:3,", "1:9:,3", "1:9:3,3", "1:9:4,3", "1:9:9",
          "5:9:4", "a:9:", "1:9:3 ", "-1:9:", "1:99999999999999999999:"})
        test::expect_error(Errc::invalid_argument, [text] { LedgerSnapshot::from_text(text); });
}

}  // namespace
}  // namespace vvault
