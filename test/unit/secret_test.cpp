// Keys live in slabs of locked memory, are moved and never copied, and are wiped.
#include <set>
#include <type_traits>

#include "core/secret.hpp"
#include "support.hpp"

namespace vvault {
namespace {

static_assert(!std::is_copy_constructible_v<SecretKey>);
static_assert(!std::is_copy_assignable_v<SecretKey>);
static_assert(std::is_nothrow_move_constructible_v<SecretKey>);

TEST(SecretKey, HoldsWhatItWasMadeFrom) {
    const Bytes bytes = test::noise(32);
    EXPECT_TRUE(test::same(SecretKey::from(bytes).view(), bytes));
}

TEST(SecretKey, HasExactly32Bytes) {
    for (const std::size_t size : {0, 1, 31, 33, 64})
        test::expect_error(Errc::invalid_argument, [&] { SecretKey::from(Bytes(size)); });
}

TEST(SecretKey, RandomKeysDiffer) {
    EXPECT_FALSE(SecretKey::random() == SecretKey::random());
    EXPECT_FALSE(test::same(SecretKey::random().view(), Bytes(32)));
}

TEST(SecretKey, MovesAndLeavesNothing) {
    const Bytes first = test::noise(32, 1), second = test::noise(32, 2);
    SecretKey key = SecretKey::from(first);
    SecretKey other = std::move(key);
    EXPECT_TRUE(key.view().empty());
    EXPECT_TRUE(test::same(other.view(), first));
    other = SecretKey::from(second);
    EXPECT_TRUE(test::same(other.view(), second));
    EXPECT_FALSE(key == other);
}

TEST(SecretKey, IsWipedWhenItGoes) {
    const std::uint8_t *slot = nullptr;
    {
        const SecretKey key = SecretKey::from(Bytes(32, 0xa5));
        slot = key.view().data();
        EXPECT_EQ(slot[0], 0xa5);
    }
    // The slab stays ours, so its memory may be read.
    EXPECT_TRUE(test::same({slot, 32}, Bytes(32)));
}

TEST(SecretKey, ManyShareASlabAndNoneASlot) {
    std::vector<SecretKey> keys;
    std::set<const std::uint8_t *> slots;
    std::set<std::uintptr_t> pages;
    for (unsigned i = 0; i < 1000; ++i) {
        keys.push_back(SecretKey::from(test::noise(32, i)));
        slots.insert(keys.back().view().data());
        pages.insert(reinterpret_cast<std::uintptr_t>(keys.back().view().data()) / 4096);
    }
    EXPECT_EQ(slots.size(), 1000u);
    EXPECT_LE(pages.size(), 2 * (1000u / 127 + 2));
    for (unsigned i = 0; i < 1000; ++i)
        EXPECT_TRUE(test::same(keys[i].view(), test::noise(32, i))) << i;
}

TEST(SecretKey, SlotsAreUsedAgain) {
    std::set<const std::uint8_t *> slots;
    for (int i = 0; i < 1000; ++i) slots.insert(SecretKey::random().view().data());
    EXPECT_LE(slots.size(), 2u);
}

}  // namespace
}  // namespace vvault
