// Entries go by id, and those of a stream by their number, whatever the clock did.
#include "core/ledger_order.hpp"

#include <algorithm>
#include <random>

#include "support.hpp"

namespace vvault {
namespace {

NewEntry entry(std::uint8_t id, std::uint8_t stream, std::uint64_t seq, std::uint8_t user = 1) {
    NewEntry made;
    made.id[0] = id;
    made.stream[0] = stream;
    made.user[0] = user;
    made.stream_seq = seq;
    return made;
}

std::vector<int> ids_in_order(std::vector<NewEntry> entries) {
    std::mt19937 random(3);
    std::ranges::shuffle(entries, random);
    put_in_order(entries);
    std::vector<int> ids;
    for (const NewEntry &one : entries) ids.push_back(one.id[0]);
    return ids;
}

TEST(LedgerOrder, GoesById) {
    EXPECT_EQ(ids_in_order({}), std::vector<int>());
    EXPECT_EQ(ids_in_order({entry(3, 1, 2), entry(1, 1, 1), entry(2, 2, 9)}),
              (std::vector<int>{1, 2, 3}));
}

TEST(LedgerOrder, KeepsAStreamsNumbersWhenTheClockStepsBack) {
    // Stream 1 was written at 10, 4, 5 and 12; stream 2 at 4 (its own), 11; one entry at 6.
    EXPECT_EQ(ids_in_order({entry(10, 1, 1), entry(4, 1, 2), entry(5, 1, 3), entry(12, 1, 4),
                            entry(3, 2, 7), entry(11, 2, 8), entry(6, 3, 1)}),
              (std::vector<int>{3, 6, 10, 4, 5, 11, 12}));
}

TEST(LedgerOrder, TellsStreamsOfTwoPersonsApart) {
    EXPECT_EQ(ids_in_order({entry(10, 1, 5), entry(4, 1, 6), entry(5, 1, 2, 2), entry(7, 1, 1, 2)}),
              (std::vector<int>{7, 5, 10, 4}));
}

}  // namespace
}  // namespace vvault
