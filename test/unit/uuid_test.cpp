// UUIDv7 ids rise, whatever the clock does, and are of version 7 and variant 2.
#include <set>

#include "core/uuid.hpp"
#include "support.hpp"

namespace vvault {
namespace {

constexpr std::int64_t now = 1770510896208;

TEST(UuidV7, HasItsFields) {
    UuidSequence sequence;
    const Uuid uuid = sequence.next(now);
    EXPECT_EQ(uuid[6] >> 4, 7);
    EXPECT_EQ(uuid[8] >> 6, 2);
    EXPECT_EQ(uuid_unix_ms(uuid), now);
    EXPECT_EQ(uuid_text(uuid).substr(0, 13), "019c3aac-4c50");
}

TEST(UuidV7, RisesWithinAMillisecond) {
    UuidSequence sequence;
    Uuid previous = sequence.next(now);
    for (int i = 0; i < 100000; ++i) {
        const Uuid uuid = sequence.next(now);
        ASSERT_LT(previous, uuid) << i;
        ASSERT_EQ(uuid[6] >> 4, 7);
        ASSERT_EQ(uuid[8] >> 6, 2);
        previous = uuid;
    }
    // The counter is carried into the time, at most once in 2048 ids.
    EXPECT_GT(uuid_unix_ms(previous), now);
    EXPECT_LE(uuid_unix_ms(previous), now + 100000 / 2048 + 1);
}

TEST(UuidV7, RisesWhenTheClockStepsBack) {
    UuidSequence sequence;
    Uuid previous = sequence.next(now);
    for (const std::int64_t ms :
         {now - 1, now - 100000, now, std::int64_t{0}, now + 1, now, now + 2}) {
        const Uuid uuid = sequence.next(ms);
        EXPECT_LT(previous, uuid) << ms;
        previous = uuid;
    }
    EXPECT_EQ(uuid_unix_ms(previous), now + 2);
}

TEST(UuidV7, LeavesRoomForACounter) {
    for (int i = 0; i < 1000; ++i) {
        UuidSequence sequence;
        const Uuid uuid = sequence.next(now);
        EXPECT_LT((uuid[6] & 0x0f) << 8 | uuid[7], 2048);
    }
}

TEST(UuidV7, StartsTheCounterAtRandom) {
    std::set<int> starts;
    UuidSequence sequence;
    for (int i = 0; i < 200; ++i) {
        const Uuid uuid = sequence.next(now + i);
        starts.insert((uuid[6] & 0x0f) << 8 | uuid[7]);
    }
    EXPECT_GT(starts.size(), 100u);
}

TEST(UuidV7, IdsOfOneProcessAreOneSequence) {
    const Uuid first = make_uuid_v7(now), second = make_uuid_v7(now - 5);
    EXPECT_LT(first, second);
}

TEST(UuidV7, SequencesDoNotMeet) {
    std::set<Uuid> ids;
    for (int i = 0; i < 10000; ++i) ids.insert(UuidSequence().next(now));
    EXPECT_EQ(ids.size(), 10000u);
}

TEST(UuidV7, TakesTheTimesItCanHold) {
    constexpr std::int64_t last = (std::int64_t{1} << 48) - 1;
    EXPECT_EQ(uuid_unix_ms(UuidSequence().next(0)), 0);
    EXPECT_EQ(uuid_unix_ms(UuidSequence().next(last)), last);
    test::expect_error(Errc::invalid_argument, [] { UuidSequence().next(-1); });
    test::expect_error(Errc::invalid_argument, [] { UuidSequence().next(last + 1); });
}

}  // namespace
}  // namespace vvault
