// One line, looked at by itself: could it begin a turn, a day or a session? Only
// the look of it; whether it does, the lines around it decide (transcript_scan,
// transcript_walk). No line is read further than its label.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vvault {

enum class Family : std::uint8_t {
    none,
    said,     // You said:
    clock,    // **06:48:09 AM EST - Zen** [2025-12-13T11:48:09.613Z]: text
    bold,     // **User**: text
    ruled,    // **Katana** (2026-02-11T16:05:12.387Z): alone on the line, below a rule
    titled,   // **User (10:42 AM):** text, and **User** (…): without a rule
    heading,  // ## User (10:42 AM)
    plain,    // User: text
};

struct TurnLine {
    Family family = Family::none;
    std::string_view speaker;
    std::string_view time;              // as written, ISO or not
    std::string_view iso;               // the same, where it is ISO
    std::size_t text = 0;               // where in the line the turn's own text begins
    bool bold = false;                  // of the clock family: with ** or without
    std::optional<std::int64_t> at_us;  // of the ISO time
};

std::optional<TurnLine> read_turn_line(std::string_view line);

// "## November 14, 2025", "February 12, 2026", "## Session: February 1, 2026".
struct SectionLine {
    bool session = false;
    std::string_view name;  // of a session that is not named by its date
    std::optional<std::int64_t> day_us;
};
std::optional<SectionLine> read_section_line(std::string_view line);

bool is_rule(std::string_view line);

// "[Maintain tone: …]" and the placeholder an empty transcript begins with.
bool is_noise(std::string_view line);

// A line that opens or closes a code fence, ``` or ~~~.
struct FenceLine {
    char letter = '`';
    std::uint32_t length = 0;
    bool bare = false;  // nothing behind it, so it can close one
};
std::optional<FenceLine> read_fence_line(std::string_view line);

}  // namespace vvault
