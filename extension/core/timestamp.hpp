// Points in time as text, without a clock, a locale or a time zone database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vvault {

// Microseconds since 1970-01-01 UTC of a date, or of a date and time, in the
// shape of RFC 3339: 2026-02-08T00:34:56.208Z. A space may stand for the T;
// 1 to 9 fraction digits, cut (not rounded) to microseconds; Z, +hh:mm, +hhmm or
// nothing, which is UTC. Years 1970 to 9999, real calendar days, no leap second.
std::optional<std::int64_t> parse_timestamp(std::string_view text);

// YYYY-MM-DDTHH:MM:SS.mmmZ, milliseconds cut. Errc::invalid_argument outside the
// years 0000 to 9999, which that shape cannot hold.
std::string format_timestamp_ms(std::int64_t microseconds);

}  // namespace vvault
