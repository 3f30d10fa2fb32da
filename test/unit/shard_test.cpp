// A shard has a name of four digits, and users spread evenly. The rule itself is
// held to fixed answers in vectors_test.cpp.
#include "core/shard.hpp"
#include "support.hpp"

namespace vvault {
namespace {

TEST(Shard, HasANameOfFourDigits) {
    EXPECT_EQ(shard_name(0), "shard_0000");
    EXPECT_EQ(shard_name(42), "shard_0042");
    EXPECT_EQ(shard_name(9999), "shard_9999");
}

TEST(Shard, NamesEndAt9999) {
    for (const int shard : {-1, 10000, 123456})
        test::expect_error(Errc::invalid_argument, [&] { shard_name(shard); });
}

TEST(Shard, UsersSpreadEvenly) {
    std::vector<int> users(10, 0);
    for (unsigned i = 0; i < 20000; ++i) {
        const int shard = shard_of(test::some_uuid(i));
        ASSERT_GE(shard, 0);
        ASSERT_LT(shard, shard_count);
        ++users[static_cast<std::size_t>(shard / 1000)];
    }
    // 2000 expected in each tenth, standard deviation 42.
    for (const int count : users) EXPECT_NEAR(count, 2000, 300);
}

}  // namespace
}  // namespace vvault
