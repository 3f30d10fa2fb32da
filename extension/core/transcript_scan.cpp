#include "transcript_scan.hpp"

#include <algorithm>

#include "transcript_fence.hpp"
#include "transcript_words.hpp"

namespace vvault {

namespace {

constexpr std::size_t most_marks = 2'000'000;
constexpr std::size_t nowhere = std::string_view::npos;

class Scanner {
public:
    Scanner(std::string_view content, const Speakers &speakers)
        : content_(content), speakers_(speakers) {}

    Scan run(std::size_t begin) {
        blank_before_ = true;
        for (auto at = begin; at < content_.size();) {
            if (scan_.marks.size() + fences_.size() > most_marks) {
                scan_.too_many = true;
                return std::move(scan_);
            }
            at = read(line_at(content_, at));
        }
        if (waiting_ != nowhere) scan_.marks[waiting_].next_line = content_.size();
        drop_marks_in_code();
        return std::move(scan_);
    }

private:
    // Where to go on reading.
    std::size_t read(const Line &line) {
        if (is_blank(line.text)) {
            blank_before_ = true;
            return line.next;
        }
        if (waiting_ != nowhere) scan_.marks[waiting_].next_line = line.begin;
        waiting_ = nowhere;
        if (is_comment(line.text)) {
            if (const auto end = read_counted(line)) return *end;
            if (comments_ == nowhere) comments_ = line.begin;
            rule_ = nowhere;
        } else if (is_rule(line.text)) {
            separator_ = comments_ != nowhere ? comments_ : line.begin;
            rule_ = line.begin;
            comments_ = nowhere;
        } else {
            read_text_line(line);
            separator_ = rule_ = comments_ = nowhere;
        }
        blank_before_ = false;
        return line.next;
    }

    std::optional<std::size_t> read_counted(const Line &line) {
        auto turn = read_counted_turn(content_, line.begin);
        if (!turn || !is_plausible_end(turn->end)) return std::nullopt;
        const auto end = turn->end;
        Mark mark;
        mark.kind = Mark::Kind::counted;
        mark.begin = mark.line_begin = line.begin;
        mark.text = end;
        mark.counted = scan_.counted.size();
        scan_.counted.push_back(std::move(*turn));
        scan_.marks.push_back(mark);
        fences_.push_back({line.begin, {}, false, true});
        separator_ = rule_ = comments_ = nowhere;
        blank_before_ = true;
        return end;
    }

    // Where a counted turn ends, something else begins. If text goes on, somebody
    // has added to the turn by hand, and its length says nothing any more.
    bool is_plausible_end(std::size_t at) const {
        // More blank lines than this are no paragraph that somebody added.
        constexpr int most_blank_lines = 16;
        for (int blank_lines = 0; at < content_.size() && blank_lines < most_blank_lines;) {
            const auto line = line_at(content_, at);
            if (is_blank(line.text)) {
                at = line.next;
                ++blank_lines;
                continue;
            }
            const auto turn = read_turn_line(line.text);
            return is_comment(line.text) || is_rule(line.text) ||
                   read_section_line(line.text).has_value() ||
                   (turn && (turn->at_us || speakers_.role_of(turn->speaker)));
        }
        return true;
    }

    void read_text_line(const Line &line) {
        if (const auto fence = read_fence_line(line.text)) {
            fences_.push_back({line.begin, *fence, false, false});
        } else if (auto turn = read_turn_line(line.text)) {
            add_turn(line, *turn);
        } else if (const auto section = read_section_line(line.text)) {
            add_section(line, *section);
        }
    }

    Mark mark_at(const Line &line) const {
        Mark mark;
        mark.begin = mark.line_begin = line.begin;
        mark.text = line.next;
        mark.blank_before = blank_before_;
        mark.rule_before = rule_ != nowhere;
        return mark;
    }

    void add_section(const Line &line, const SectionLine &section) {
        auto mark = mark_at(line);
        mark.kind = Mark::Kind::section;
        mark.section = section;
        if (rule_ != nowhere) mark.begin = rule_;
        waiting_ = scan_.marks.size();
        scan_.marks.push_back(mark);
    }

    void add_turn(const Line &line, const TurnLine &turn) {
        auto mark = mark_at(line);
        mark.line = turn;
        mark.role = speakers_.role_of(turn.speaker);
        // "Name: text" stands in any prose; unknown names are not worth keeping.
        if (turn.family == Family::plain && !mark.role && !looks_like_name(turn.speaker)) return;
        const bool alone = is_blank(line.text.substr(turn.text));
        if (!alone) mark.text = line.begin + turn.text;
        const auto above = separator_ != nowhere ? separator_ : comments_;
        const bool timed_title = turn.family == Family::titled && !turn.time.empty();
        if (timed_title && alone && turn.bold && above != nowhere &&
            line.text.find("** (") != line.text.npos) {
            mark.line.family = Family::ruled;
            mark.begin = above;
            mark.comments = content_.substr(above, line.begin - above);
        }
        if (const auto fence = read_fence_line(line.text.substr(turn.text)))
            fences_.push_back({line.begin, *fence, true, false});
        scan_.marks.push_back(mark);
    }

    void drop_marks_in_code() {
        std::vector<std::size_t> turns;
        for (const auto &mark : scan_.marks)
            if (mark.kind == Mark::Kind::turn) turns.push_back(mark.line_begin);
        const auto stretches = code_stretches(fences_, turns);
        auto stretch = stretches.begin();
        std::erase_if(scan_.marks, [&](const Mark &mark) {
            while (stretch != stretches.end() && stretch->second < mark.line_begin) ++stretch;
            return mark.kind != Mark::Kind::counted && stretch != stretches.end() &&
                   stretch->first < mark.line_begin;
        });
    }

    std::string_view content_;
    const Speakers &speakers_;
    Scan scan_;
    std::vector<Fence> fences_;
    bool blank_before_ = false;
    // Of the lines directly above, blank ones left aside: a rule, the comments
    // above it, or comments alone.
    std::size_t rule_ = nowhere;
    std::size_t separator_ = nowhere;
    std::size_t comments_ = nowhere;
    std::size_t waiting_ = nowhere;  // a section that waits for its next line
};

}  // namespace

Scan scan_transcript(std::string_view content, std::size_t begin, const Speakers &speakers) {
    return Scanner(content, speakers).run(begin);
}

}  // namespace vvault
