// UUIDv7 (RFC 9562): ids that sort by the time they were made, so that new rows
// land at the end of an index. The caller brings the clock.
#pragma once

#include "bytes.hpp"

namespace vvault {

// Each id greater than the one before, also within a millisecond and when the
// clock steps back. RFC 9562 section 6.2, method 1: rand_a is a counter that
// starts at a random value below 2048 and, when it is used up, borrows the next
// millisecond. 62 bits stay random, so processes need not know of each other.
class UuidSequence {
public:
    // Throws Errc::invalid_argument outside 0 … 2^48 - 1 milliseconds.
    Uuid next(std::int64_t unix_ms);

private:
    std::int64_t milliseconds_ = -1;
    std::uint32_t counter_ = 0;
};

// From the one sequence of this process.
Uuid make_uuid_v7(std::int64_t unix_ms);

// The milliseconds a version 7 id carries; of another version, nothing useful.
std::int64_t uuid_unix_ms(const Uuid &uuid);

}  // namespace vvault
