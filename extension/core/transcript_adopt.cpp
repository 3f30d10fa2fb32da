#include "transcript_adopt.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>

#include "transcript_words.hpp"

namespace vvault {

namespace {

constexpr std::size_t families = 8;

std::size_t index_of(Family family) {
    return static_cast<std::size_t>(family);
}

// The line alone says that somebody speaks: a known name, or a time that prose
// has no reason to write like this.
bool stands_alone(const Mark &mark) {
    const auto &line = mark.line;
    switch (line.family) {
        case Family::none:
            return false;
        case Family::clock:
            // "10:00 AM - Breakfast: eggs" is an itinerary; seconds make a clock.
            return mark.role || line.at_us ||
                   std::count(line.time.begin(), line.time.end(), ':') > 1;
        case Family::bold:
        case Family::titled:
        case Family::ruled:
            return mark.role || line.at_us;
        case Family::said:
        case Family::heading:
        case Family::plain:
            return mark.role.has_value();
    }
    return false;
}

using Stranger = std::pair<Family, std::string>;

struct Evidence {
    int lines = 0;            // how often the name stands like a speaker
    bool after_user = false;  // alone in what would otherwise be the user's text
    bool opens = false;       // alone before anybody else has spoken
    bool opens_to_assistant = false;
};

// Strangers between two accepted lines, one family at a time.
struct Gap {
    std::string name;
    bool several = false;
    bool fits = true;
};

class Adoption {
public:
    explicit Adoption(const std::vector<Mark> &marks) : marks_(marks), accepted_(marks.size()) {}

    std::vector<bool> run() {
        for (std::size_t index = 0; index < marks_.size(); ++index) {
            const auto &mark = marks_[index];
            if (mark.kind == Mark::Kind::section) continue;
            accepted_[index] = mark.kind == Mark::Kind::counted || stands_alone(mark);
            if (accepted_[index])
                close_gaps(mark);
            else
                add_stranger(mark);
        }
        close_gaps({});
        for (std::size_t index = 0; index < marks_.size(); ++index)
            if (marks_[index].kind == Mark::Kind::turn && !accepted_[index])
                accepted_[index] = is_adopted(marks_[index]);
        return std::move(accepted_);
    }

private:
    static Stranger key_of(const Mark &mark) { return {mark.line.family, fold(mark.line.speaker)}; }

    void add_stranger(const Mark &mark) {
        auto key = key_of(mark);
        ++evidence_[key].lines;
        auto &gap = gaps_[index_of(mark.line.family)];
        if (gap.name.empty()) gap.name = key.second;
        gap.several = gap.several || gap.name != key.second;
        gap.fits = gap.fits && mark.blank_before && looks_like_name(mark.line.speaker);
    }

    void close_gaps(const Mark &next) {
        const bool first = !anybody_;
        for (std::size_t family = 0; family < families; ++family) {
            auto &gap = gaps_[family];
            if (!gap.name.empty() && !gap.several && gap.fits) {
                auto &evidence = evidence_[{static_cast<Family>(family), gap.name}];
                evidence.opens = evidence.opens || first;
                evidence.opens_to_assistant =
                    evidence.opens_to_assistant || (first && next.role == "assistant");
                evidence.after_user = evidence.after_user || (!first && role_ == "user");
            }
            gap = {};
        }
        anybody_ = true;
        role_ = next.role;
        if (next.role == "user") known_[index_of(next.line.family)].first = true;
        if (next.role == "assistant") known_[index_of(next.line.family)].second = true;
    }

    bool is_adopted(const Mark &mark) const {
        const auto found = evidence_.find(key_of(mark));
        if (found == evidence_.end() || !mark.blank_before) return false;
        const auto &evidence = found->second;
        const auto &[user, assistant] = known_[index_of(mark.line.family)];
        if (mark.line.family == Family::plain)
            return (evidence.after_user || evidence.opens) && evidence.lines > 1 &&
                   user != assistant;
        if (!user && !assistant) return false;
        return evidence.after_user || (evidence.opens && evidence.lines > 1) ||
               (evidence.opens_to_assistant && !user);
    }

    const std::vector<Mark> &marks_;
    std::vector<bool> accepted_;
    std::map<Stranger, Evidence> evidence_;
    std::array<Gap, families> gaps_;
    std::array<std::pair<bool, bool>, families> known_{};  // a known user, assistant
    std::optional<std::string_view> role_;                 // of the last accepted line
    bool anybody_ = false;
};

}  // namespace

std::vector<bool> accepted_marks(const std::vector<Mark> &marks) {
    return Adoption(marks).run();
}

}  // namespace vvault
