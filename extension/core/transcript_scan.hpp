// One pass over a transcript: every line that may begin a turn, a day or a
// session, with what stands around it that decides, and the stretches of code,
// in which no line counts. What really begins a turn is transcript_walk's.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "transcript_house.hpp"
#include "transcript_line.hpp"
#include "transcript_names.hpp"

namespace vvault {

struct Mark {
    enum class Kind { turn, section, counted };

    Kind kind = Kind::turn;
    std::size_t begin = 0;       // where the text before it ends
    std::size_t line_begin = 0;  // the line itself; `begin` may be a rule above it
    std::size_t text = 0;        // where its own text begins
    bool blank_before = false;
    bool rule_before = false;
    std::optional<std::string_view> role;  // of a speaker that is known
    TurnLine line;                         // turn
    std::string_view comments;             // turn: the comment lines above its rule
    SectionLine section;                   // section
    std::size_t next_line = 0;             // section: the next line that is not blank
    std::size_t counted = 0;               // counted: index in Scan::counted

    // Whether the line says when, so that prose is hardly taken for it.
    bool dated() const { return line.at_us.has_value(); }
};

struct Scan {
    std::vector<Mark> marks;  // without those in code
    std::vector<CountedTurn> counted;
    bool too_many = false;  // more than any transcript has; then nothing else holds
};

Scan scan_transcript(std::string_view content, std::size_t begin, const Speakers &speakers);

}  // namespace vvault
