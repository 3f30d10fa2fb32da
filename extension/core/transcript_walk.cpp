#include "transcript_walk.hpp"

#include <algorithm>
#include <array>

#include "timestamp.hpp"
#include "transcript_adopt.hpp"
#include "transcript_words.hpp"

namespace vvault {

namespace {

constexpr std::size_t nowhere = std::string_view::npos;
constexpr std::int64_t clocks_differ_by = 5'000'000;  // two writers on two machines

std::size_t index_of(Family family) {
    return static_cast<std::size_t>(family);
}

bool is_strong(Family family) {
    return family == Family::clock || family == Family::ruled;
}

class Walker {
public:
    Walker(const Scan &scan, std::size_t content_size)
        : scan_(scan), content_size_(content_size), accepted_(accepted_marks(scan.marks)) {}

    Walk run() {
        leave_out_plain();
        count_families();
        find_first_turns();
        for (std::size_t index = 0; index < scan_.marks.size(); ++index) visit(index);
        close(content_size_);
        name_roles();
        return std::move(walk_);
    }

private:
    const Mark &mark(std::size_t index) const { return scan_.marks[index]; }
    bool is_turn(std::size_t index) const {
        return accepted_[index] && mark(index).kind == Mark::Kind::turn;
    }

    // "Name: text" counts only where nothing better stands in the file, and where
    // both sides of a conversation are there.
    void leave_out_plain() {
        bool other = false, user = false, assistant = false;
        for (std::size_t index = 0; index < accepted_.size(); ++index) {
            if (!accepted_[index]) continue;
            const bool plain = is_turn(index) && mark(index).line.family == Family::plain;
            other = other || !plain;
            user = user || (plain && mark(index).role != "assistant");
            assistant = assistant || (plain && mark(index).role != "user");
        }
        if (!other && user && assistant) return;
        for (std::size_t index = 0; index < accepted_.size(); ++index)
            if (is_turn(index) && mark(index).line.family == Family::plain)
                accepted_[index] = false;
    }

    void count_families() {
        for (std::size_t index = 0; index < accepted_.size(); ++index)
            if (is_turn(index)) ++left_[index_of(mark(index).line.family)];
    }

    // For each section the turn that follows with nothing but sections between.
    void find_first_turns() {
        first_turn_.assign(scan_.marks.size(), nowhere);
        for (auto index = scan_.marks.size(); index-- > 0;) {
            if (mark(index).kind != Mark::Kind::section) continue;
            const auto next = index + 1;
            if (next == scan_.marks.size() || mark(next).line_begin != mark(index).next_line)
                continue;
            const bool section = mark(next).kind == Mark::Kind::section;
            first_turn_[index] = section ? first_turn_[next] : next;
        }
    }

    void visit(std::size_t index) {
        const auto &at = mark(index);
        if (at.kind == Mark::Kind::counted) {
            open(at, Family::ruled);
            current_at_ = parse_timestamp(scan_.counted[at.counted].at);
        } else if (at.kind == Mark::Kind::section) {
            if (is_section(index)) enter(index);
        } else if (accepted_[index]) {
            const bool below = below_section_ == index;
            const bool takes = takes_over(at, below);
            --left_[index_of(at.line.family)];
            if (takes) {
                open(at, at.line.family);
                current_at_ = at.line.at_us;
            }
        }
    }

    // A date that a turn begins under; else it is a line of somebody's text.
    bool is_section(std::size_t index) const {
        if (mark(index).next_line >= content_size_)
            return family_ == Family::none || family_ == Family::clock ||
                   (mark(index).section.session && family_ != Family::ruled);
        const auto first = first_turn_[index];
        return first != nowhere && is_turn(first) && takes_over(mark(first), true);
    }

    void enter(std::size_t index) {
        const auto &section = mark(index).section;
        close(mark(index).begin);
        if (section.day_us) day_us_ = section.day_us;
        if (section.session) {
            session_name_ = section.name;
            walk_.formats.insert("H");
        }
        below_section_ = first_turn_[index];
    }

    bool takes_over(const Mark &at, bool below_section) const {
        const auto family = at.line.family;
        if (family_ == Family::none) return true;
        if (family == family_) return true;
        const auto mine = left_[index_of(family)];
        const auto theirs = left_[index_of(family_)];
        if (is_strong(family) && at.line.at_us) {
            if (!at.blank_before) return false;
            // Both say when: what was appended is later, what was quoted earlier.
            if (is_strong(family_))
                return !current_at_ || *at.line.at_us >= *current_at_ - clocks_differ_by;
            return below_section || mine > theirs;
        }
        if (below_section) return !is_strong(family_) || theirs == 0;
        return at.rule_before && !is_strong(family_) && theirs == 0 && mine > 1;
    }

    void open(const Mark &at, Family family) {
        close(at.begin);
        family_ = family;
        Draft draft;
        draft.mark = &at;
        draft.day_us = day_us_;
        draft.session_name = session_name_;
        walk_.drafts.push_back(draft);
        open_ = true;
        note_format(at);
    }

    void close(std::size_t end) {
        if (open_) walk_.drafts.back().end = end;
        open_ = false;
    }

    void note_format(const Mark &at) {
        walk_.dated = walk_.dated || at.kind == Mark::Kind::counted || at.dated();
        walk_.formats.insert(format_of(at));
        if (at.comments.find("chatty-message") != nowhere) walk_.formats.insert("E3");
    }

    static std::string format_of(const Mark &at) {
        if (at.kind == Mark::Kind::counted) return "house";
        switch (at.line.family) {
            case Family::said:
                return "B";
            case Family::clock:
                if (at.line.iso.empty()) return "C3";
                return at.line.bold ? "C" : "C2";
            case Family::bold:
                return "D";
            case Family::ruled:
                return "E";
            case Family::titled:
                return "G";
            case Family::heading:
                return "K";
            case Family::plain:
            case Family::none:
                break;
        }
        return "J";
    }

    // Strangers: where only one side is known, they are the other one.
    void name_roles() {
        for (const auto &draft : walk_.drafts) {
            const auto &at = *draft.mark;
            auto role = at.role;
            if (at.kind == Mark::Kind::counted) role = scan_.counted[at.counted].role;
            walk_.has_user = walk_.has_user || role == "user";
            walk_.has_assistant = walk_.has_assistant || role == "assistant";
        }
        const bool stranger_answers = walk_.has_user && !walk_.has_assistant;
        for (auto &draft : walk_.drafts) {
            const auto &at = *draft.mark;
            if (at.kind == Mark::Kind::counted) {
                draft.role = scan_.counted[at.counted].role;
            } else if (at.role) {
                draft.role = *at.role;
            } else {
                draft.role = stranger_answers ? "assistant" : "user";
                draft.stranger = true;
            }
        }
    }

    const Scan &scan_;
    std::size_t content_size_;
    std::vector<bool> accepted_;
    std::vector<std::size_t> first_turn_;
    std::array<std::size_t, 8> left_{};  // accepted lines still to come, by family
    Walk walk_;

    Family family_ = Family::none;
    std::optional<std::int64_t> current_at_;
    std::optional<std::int64_t> day_us_;
    std::string_view session_name_;
    std::size_t below_section_ = nowhere;
    bool open_ = false;
};

}  // namespace

Walk walk_marks(const Scan &scan, std::size_t content_size) {
    return Walker(scan, content_size).run();
}

}  // namespace vvault
