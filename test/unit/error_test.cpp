// An Error built in one expression is thrown as an Error, with all its texts.
#include "support.hpp"

namespace vvault {
namespace {

TEST(Error, IsThrownWholeFromOneExpression) {
    try {
        throw Error(Errc::too_large, "message").detail("Detail.").hint("Hint.");
    } catch (const Error &error) {
        EXPECT_EQ(error.code(), Errc::too_large);
        EXPECT_EQ(error.message(), "message");
        EXPECT_EQ(error.detail(), "Detail.");
        EXPECT_EQ(error.hint(), "Hint.");
        EXPECT_STREQ(error.what(), "message");
        return;
    }
    FAIL() << "not caught as an Error";
}

TEST(Error, DetailAndHintMayBeMissing) {
    const Error error(Errc::not_found, "no such thing");
    EXPECT_EQ(error.detail(), "");
    EXPECT_EQ(error.hint(), "");
}

TEST(Error, SurvivesBeingThrownFromANamedOne) {
    const auto made = [] { return Error(Errc::conflict, "a").hint("b"); };
    const Error error = test::error_of([&] { throw made().detail("c"); });
    EXPECT_EQ(error.message() + error.detail() + error.hint(), "acb");
}

}  // namespace
}  // namespace vvault
