#include "uuid.hpp"

#include "error.hpp"

namespace vvault {

namespace {

constexpr std::int64_t end_of_time = std::int64_t{1} << 48;
constexpr std::uint32_t counter_end = 1u << 12;

// In the lower half, so that at least 2048 ids fit before a millisecond is
// borrowed (RFC 9562 section 6.2, "counter rollover guards").
std::uint32_t random_start() {
    return randombytes_uniform(counter_end / 2);
}

}  // namespace

Uuid UuidSequence::next(std::int64_t unix_ms) {
    if (unix_ms < 0 || unix_ms >= end_of_time)
        throw Error(Errc::invalid_argument, "a version 7 UUID cannot hold this time");

    if (unix_ms > milliseconds_) {
        milliseconds_ = unix_ms;
        counter_ = random_start();
    } else if (++counter_ == counter_end) {
        ++milliseconds_;
        counter_ = random_start();
    }

    Uuid uuid;
    randombytes_buf(uuid.data() + 8, 8);
    for (int i = 0; i < 6; ++i) uuid[i] = static_cast<std::uint8_t>(milliseconds_ >> (40 - 8 * i));
    uuid[6] = static_cast<std::uint8_t>(0x70 | counter_ >> 8);
    uuid[7] = static_cast<std::uint8_t>(counter_);
    uuid[8] = static_cast<std::uint8_t>(0x80 | (uuid[8] & 0x3f));
    return uuid;
}

Uuid make_uuid_v7(std::int64_t unix_ms) {
    static UuidSequence sequence;
    return sequence.next(unix_ms);
}

std::int64_t uuid_unix_ms(const Uuid &uuid) {
    return static_cast<std::int64_t>(read_be64(uuid) >> 16);
}

}  // namespace vvault
