// Times as people's software writes them: "06:48:09 AM EST", "November 14, 2025",
// "05:12:00 EST, 2025-10-25". Every word has to be understood, so that prose is
// never taken for a time. Also: times for turns that have none of their own.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace vvault {

struct Clock {
    std::optional<std::int64_t> date_us;  // midnight, as if UTC
    std::optional<std::int64_t> time_us;  // since midnight
    std::optional<std::int64_t> zone_us;  // to be added to get UTC

    // The moment, with `day` for a label that has no date. Without a zone: as UTC.
    std::optional<std::int64_t> moment(std::optional<std::int64_t> day) const;
};

std::optional<Clock> read_clock(std::string_view text);

// A date and nothing else.
std::optional<std::int64_t> read_date(std::string_view text);

// The first "(05:12:00 EST, 2025-10-25)" in a text: a time, a date, perhaps a zone.
struct InnerTime {
    std::string_view label;
    std::int64_t at_us;
    bool zoned;
};
std::optional<InnerTime> find_inner_time(std::string_view text);

// One turn's place in time, in file order. Fills in what is missing: a day's
// turns follow one another by a second from its start (or from the turn before),
// never reaching the next known time. Gives nothing where nothing is known.
struct TimeSlot {
    std::optional<std::int64_t> at_us;
    std::optional<std::int64_t> day_us;
};
void derive_times(std::vector<TimeSlot> &slots, std::optional<std::int64_t> started_us);

}  // namespace vvault
