// Scopes are known names; "*" is everything but admin.
#include "core/scopes.hpp"
#include "support.hpp"

namespace vvault {
namespace {

TEST(Scopes, EachNameIsABitAndBack) {
    const std::vector<std::string> names = {"messages:read", "messages:write",  "files:read",
                                            "files:write",   "constructs:read", "constructs:write",
                                            "ledger:read",   "tokens:write",    "admin"};
    Scopes all = 0;
    for (const std::string &name : names) {
        const Scopes bit = parse_scope(name);
        EXPECT_EQ(bit & (bit - 1), 0u) << name;
        EXPECT_EQ(all & bit, 0u) << name;
        EXPECT_EQ(scope_names(bit), std::vector<std::string>{name});
        all |= bit;
    }
    EXPECT_EQ(scope_names(all), names);
    EXPECT_EQ(parse_scopes(names), all);
    EXPECT_EQ(scope_names(0), std::vector<std::string>{});
}

TEST(Scopes, AStarIsAllButAdmin) {
    EXPECT_EQ(parse_scope("*"), scope::everyday);
    EXPECT_EQ(parse_scope("*") & scope::admin, 0u);
    EXPECT_EQ(scope_names(parse_scope("*")).size(), 8u);
    const std::vector<std::string> both = {"*", "admin"};
    EXPECT_EQ(parse_scopes(both), scope::everyday | scope::admin);
}

TEST(Scopes, ANameAndAStarIsAllOfTheName) {
    EXPECT_EQ(parse_scope("files:*"), scope::files_read | scope::files_write);
    EXPECT_EQ(parse_scope("messages:*"), scope::messages_read | scope::messages_write);
    EXPECT_EQ(parse_scope("constructs:*"), scope::constructs_read | scope::constructs_write);
    EXPECT_EQ(parse_scope("ledger:*"), scope::ledger_read);
    EXPECT_EQ(parse_scope("tokens:*"), scope::tokens_write);
}

TEST(Scopes, UnknownNamesAreRefused) {
    for (const char *name :
         {"", "file:read", "files", "files:", "Files:read", "files:delete", "admin:*", ":*", "**",
          "f*", "*:read", " files:read", "files:r*", "files:read:*", "files:*x"})
        test::expect_error(Errc::invalid_argument, [&] { parse_scope(name); });
    const std::vector<std::string> names = {"files:read", "nonsense"};
    test::expect_error(Errc::invalid_argument, [&] { parse_scopes(names); });
}

TEST(Scopes, NoNameIsNoScope) {
    EXPECT_EQ(parse_scopes({}), 0u);
}

}  // namespace
}  // namespace vvault
