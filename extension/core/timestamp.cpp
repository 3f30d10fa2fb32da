#include "timestamp.hpp"

#include <array>
#include <chrono>
#include <cstdio>

#include "error.hpp"

namespace vvault {

namespace {

using std::chrono::sys_days;

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t day = 24 * 60 * 60 * second;

// Reads from the front of a text; a failed step leaves nothing to go back to.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    bool at_end() const { return rest_.empty(); }

    bool skip(char wanted) {
        if (rest_.empty() || rest_.front() != wanted) return false;
        rest_.remove_prefix(1);
        return true;
    }

    // Exactly so many decimal digits; -1 when they are not there.
    int digits(std::size_t count) {
        if (rest_.size() < count) return -1;
        int value = 0;
        for (const char digit : rest_.substr(0, count)) {
            if (digit < '0' || digit > '9') return -1;
            value = value * 10 + (digit - '0');
        }
        rest_.remove_prefix(count);
        return value;
    }

private:
    std::string_view rest_;
};

std::optional<std::int64_t> read_date(Reader &reader) {
    const int year = reader.digits(4);
    if (year < 1970 || !reader.skip('-')) return std::nullopt;
    const int month = reader.digits(2);
    if (month < 0 || !reader.skip('-')) return std::nullopt;
    const int month_day = reader.digits(2);
    if (month_day < 0) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(month_day))};
    if (!date.ok()) return std::nullopt;
    return sys_days(date).time_since_epoch().count() * day;
}

std::optional<std::int64_t> read_time_of_day(Reader &reader) {
    const int hour = reader.digits(2);
    if (hour < 0 || hour > 23 || !reader.skip(':')) return std::nullopt;
    const int minute = reader.digits(2);
    if (minute < 0 || minute > 59 || !reader.skip(':')) return std::nullopt;
    const int whole_second = reader.digits(2);
    if (whole_second < 0 || whole_second > 59) return std::nullopt;

    std::int64_t fraction = 0;
    if (reader.skip('.')) {
        int count = 0;
        for (std::int64_t unit = second / 10; count < 9; ++count, unit /= 10) {
            const int digit = reader.digits(1);
            if (digit < 0) break;
            fraction += digit * unit;  // unit is 0 from the seventh digit on
        }
        if (count == 0) return std::nullopt;
    }
    return ((hour * 60 + minute) * 60 + whole_second) * second + fraction;
}

// What has to be added to local time to get UTC.
std::optional<std::int64_t> read_zone(Reader &reader) {
    if (reader.at_end() || reader.skip('Z')) return 0;
    const bool east = reader.skip('+');
    if (!east && !reader.skip('-')) return std::nullopt;
    const int hours = reader.digits(2);
    reader.skip(':');
    const int minutes = reader.digits(2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
    const std::int64_t offset = (hours * 60 + minutes) * 60 * second;
    return east ? -offset : offset;
}

}  // namespace

std::optional<std::int64_t> parse_timestamp(std::string_view text) {
    Reader reader(text);
    const auto date = read_date(reader);
    if (!date) return std::nullopt;
    if (reader.at_end()) return date;

    if (!reader.skip('T') && !reader.skip(' ')) return std::nullopt;
    const auto time = read_time_of_day(reader);
    if (!time) return std::nullopt;
    const auto zone = read_zone(reader);
    if (!zone || !reader.at_end()) return std::nullopt;

    // An offset can still carry the first and last days out of the years we take.
    const std::int64_t moment = *date + *time + *zone;
    constexpr std::int64_t end =
        sys_days(std::chrono::year(10000) / 1 / 1).time_since_epoch().count() * day;
    if (moment < 0 || moment >= end) return std::nullopt;
    return moment;
}

std::string format_timestamp_ms(std::int64_t microseconds) {
    const auto since_epoch = std::chrono::microseconds(microseconds);
    const auto days = std::chrono::floor<std::chrono::days>(since_epoch);
    // Well inside what year_month_day can compute, and the years four digits hold.
    const auto first = sys_days(std::chrono::year(0) / 1 / 1).time_since_epoch();
    const auto last = sys_days(std::chrono::year(9999) / 12 / 31).time_since_epoch();
    if (days < first || days > last)
        throw Error(Errc::invalid_argument, "timestamp is outside the years 0000 to 9999");

    const std::chrono::year_month_day date{sys_days(days)};
    const std::chrono::hh_mm_ss time(
        std::chrono::floor<std::chrono::milliseconds>(since_epoch - days));
    std::array<char, 64> text;
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                  static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()),
                  static_cast<int>(time.subseconds().count()));
    return text.data();
}

}  // namespace vvault
