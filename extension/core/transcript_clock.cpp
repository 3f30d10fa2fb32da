#include "transcript_clock.hpp"

#include <array>
#include <chrono>
#include <cstdlib>

#include "timestamp.hpp"
#include "transcript_words.hpp"

namespace vvault {

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t hour = 60 * minute;

struct Zone {
    std::string_view name;
    int minutes_east;
};

// Abbreviations are ambiguous in the world; these are meant as they are on the
// clocks of the people who wrote such files.
constexpr std::array<Zone, 34> zones{{
    {"utc", 0},     {"gmt", 0},    {"z", 0},      {"est", -300}, {"edt", -240}, {"cst", -360},
    {"cdt", -300},  {"mst", -420}, {"mdt", -360}, {"pst", -480}, {"pdt", -420}, {"akst", -540},
    {"akdt", -480}, {"hst", -600}, {"ast", -240}, {"adt", -180}, {"nst", -210}, {"ndt", -150},
    {"wet", 0},     {"west", 60},  {"bst", 60},   {"cet", 60},   {"cest", 120}, {"eet", 120},
    {"eest", 180},  {"msk", 180},  {"ist", 330},  {"sgt", 480},  {"jst", 540},  {"kst", 540},
    {"aest", 600},  {"aedt", 660}, {"nzst", 720}, {"nzdt", 780},
}};

constexpr std::array<std::string_view, 12> months{"january",   "february", "march",    "april",
                                                  "may",       "june",     "july",     "august",
                                                  "september", "october",  "november", "december"};
constexpr std::array<std::string_view, 7> weekdays{"monday", "tuesday",  "wednesday", "thursday",
                                                   "friday", "saturday", "sunday"};

// The full name, or its first three letters with or without a full stop.
bool is_name_of(std::string_view word, std::string_view name) {
    if (word.ends_with('.')) word.remove_suffix(1);
    return word == name || (word.size() == 3 && name.starts_with(word)) ||
           (word == "sept" && name == "september");
}

int small_number(std::string_view digits) {
    if (digits.empty() || digits.size() > 4) return -1;
    int value = 0;
    for (const char digit : digits) {
        if (!is_digit(digit)) return -1;
        value = value * 10 + (digit - '0');
    }
    return value;
}

std::optional<std::int64_t> midnight(int year, int month, int month_day) {
    if (year < 1970 || month < 1 || month_day < 1) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(month_day))};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date).time_since_epoch().count() * (24 * hour);
}

// Words in, one date and one time out; each word may be used once.
class ClockReader {
public:
    std::optional<Clock> read(std::string_view text) {
        while (!text.empty()) {
            const auto cut = std::min(text.find_first_of(", \t"), text.size());
            if (cut > 0 && !word(fold(text.substr(0, cut)))) return std::nullopt;
            text.remove_prefix(std::min(cut + 1, text.size()));
        }
        return finish();
    }

private:
    bool word(const std::string &text) {
        if (++words_ > 10) return false;
        if (text == "at") return true;
        for (const auto weekday : weekdays)
            if (is_name_of(text, weekday) && text.size() >= 3) return true;
        for (std::size_t number = 0; number < months.size(); ++number)
            if (is_name_of(text, months[number])) return set(month_, static_cast<int>(number) + 1);
        for (const auto &zone : zones)
            if (text == zone.name) return set(zone_, zone.minutes_east);
        if (text == "am" || text == "pm") return half(text == "pm");
        if (text.find(':') != text.npos) return time_of_day(text);
        if (text.find('-') != text.npos) return iso_date(text);
        if (text.find('/') != text.npos) return slashed_date(text);
        return day_or_year(text);
    }

    template <class T>
    static bool set(std::optional<T> &field, T value) {
        if (field) return false;
        field = value;
        return true;
    }

    bool half(bool afternoon) { return set(afternoon_, afternoon); }

    // 6:48, 06:48:09, 06:48:09.613, 6:48am
    bool time_of_day(std::string_view text) {
        if (text.ends_with("am") || text.ends_with("pm")) {
            if (!half(text.ends_with("pm"))) return false;
            text.remove_suffix(2);
        }
        const auto colon = text.find(':');
        const int hours = small_number(text.substr(0, colon));
        text.remove_prefix(colon + 1);
        const auto second_colon = text.find(':');
        const int minutes = small_number(text.substr(0, second_colon));
        int seconds = 0;
        if (second_colon != text.npos) {
            text.remove_prefix(second_colon + 1);
            seconds = small_number(text.substr(0, text.find('.')));
        }
        if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 59)
            return false;
        return set(time_, hours * hour + minutes * minute + seconds * second);
    }

    bool iso_date(std::string_view text) {
        const auto moment = text.size() == 10 ? parse_timestamp(text) : std::nullopt;
        return moment && set(date_, *moment);
    }

    bool slashed_date(std::string_view text) {
        const auto first = text.find('/');
        const auto last = text.rfind('/');
        if (first == last) return false;
        const auto moment =
            midnight(small_number(text.substr(last + 1)), small_number(text.substr(0, first)),
                     small_number(text.substr(first + 1, last - first - 1)));
        return moment && set(date_, *moment);
    }

    bool day_or_year(std::string_view text) {
        for (const std::string_view ending : {"st", "nd", "rd", "th"})
            if (text.size() > 2 && text.ends_with(ending)) text.remove_suffix(2);
        const int value = small_number(text);
        if (text.size() == 4) return value >= 0 && set(year_, value);
        return value >= 0 && text.size() <= 2 && set(day_, value);
    }

    std::optional<Clock> finish() {
        Clock clock;
        const int named = (month_ ? 1 : 0) + (day_ ? 1 : 0) + (year_ ? 1 : 0);
        if (named == 3) {
            if (date_) return std::nullopt;
            date_ = midnight(*year_, *month_, *day_);
            if (!date_) return std::nullopt;
        } else if (named != 0) {
            return std::nullopt;
        }
        clock.date_us = date_;
        clock.time_us = time_;
        if (afternoon_) {
            if (!time_ || *time_ >= 13 * hour) return std::nullopt;
            clock.time_us = *time_ % (12 * hour) + (*afternoon_ ? 12 * hour : 0);
        }
        if (zone_) {
            if (!time_) return std::nullopt;
            clock.zone_us = -*zone_ * minute;
        }
        if (!clock.date_us && !clock.time_us) return std::nullopt;
        return clock;
    }

    int words_ = 0;
    std::optional<int> month_, day_, year_, zone_;
    std::optional<bool> afternoon_;
    std::optional<std::int64_t> date_, time_;
};

constexpr std::size_t longest_label = 64;

// The time of a turn that has none, `missing` of them before the next known one.
std::optional<std::int64_t> next_time(std::optional<std::int64_t> last,
                                      std::optional<std::int64_t> day,
                                      std::optional<std::int64_t> known, std::int64_t missing) {
    if (!last) {
        if (day) return day;
        if (known) return *known - missing * second;
        return std::nullopt;
    }
    const auto wanted = day && *day > *last ? *day : *last + second;
    const bool reaches = known && *known > *last && wanted >= *known;
    return reaches ? *last + (*known - *last) / (missing + 1) : wanted;
}

}  // namespace

std::optional<std::int64_t> Clock::moment(std::optional<std::int64_t> day) const {
    const auto date = date_us ? date_us : day;
    if (!date || !time_us) return std::nullopt;
    return *date + *time_us + zone_us.value_or(0);
}

std::optional<Clock> read_clock(std::string_view text) {
    if (text.empty() || text.size() > longest_label) return std::nullopt;
    return ClockReader().read(text);
}

std::optional<std::int64_t> read_date(std::string_view text) {
    const auto clock = read_clock(text);
    return clock && !clock->time_us ? clock->date_us : std::nullopt;
}

std::optional<InnerTime> find_inner_time(std::string_view text) {
    // Such a label opens or closes a turn's first paragraph; further down it would
    // be something the turn talks about.
    constexpr std::size_t reach = 4096;
    text = text.substr(0, reach);
    for (auto open = text.find('('); open != text.npos; open = text.find('(', open + 1)) {
        const auto rest = text.substr(open + 1, longest_label + 1);
        const auto label = rest.substr(0, rest.find(')'));
        if (label.size() == rest.size() || label.empty() || !is_digit(label.front())) continue;
        const auto clock = read_clock(label);
        if (!clock || !clock->date_us) continue;
        if (const auto at = clock->moment(std::nullopt))
            return InnerTime{label, *at, clock->zone_us.has_value()};
    }
    return std::nullopt;
}

void derive_times(std::vector<TimeSlot> &slots, std::optional<std::int64_t> started_us) {
    // From the back: for each slot the next known time, and how many are missing
    // up to it.
    std::vector<std::pair<std::optional<std::int64_t>, std::int64_t>> ahead(slots.size());
    std::optional<std::int64_t> next;
    std::int64_t missing = 0;
    for (auto index = slots.size(); index-- > 0;) {
        if (slots[index].at_us) {
            next = slots[index].at_us;
            missing = 0;
        } else {
            ++missing;
        }
        ahead[index] = {next, missing};
    }

    // One second before the start, so that the first turn is said at it.
    std::optional<std::int64_t> last;
    if (started_us) last.emplace(*started_us - second);
    for (std::size_t index = 0; index < slots.size(); ++index) {
        auto &slot = slots[index];
        const auto &[known, count] = ahead[index];
        if (!slot.at_us) slot.at_us = next_time(last, slot.day_us, known, count);
        if (slot.at_us) last = slot.at_us;
    }
}

}  // namespace vvault
