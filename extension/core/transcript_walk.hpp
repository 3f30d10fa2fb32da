// From marks to turns: where each begins and ends, and who speaks. Several
// formats may stand in one file, one after the other; a line of one format
// within a stretch of another is text.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "transcript_scan.hpp"

namespace vvault {

struct Draft {
    const Mark *mark = nullptr;
    std::size_t end = 0;  // of its text
    std::optional<std::int64_t> day_us;
    std::string_view session_name;
    std::string_view role;
    bool stranger = false;  // neither the owner nor the construct
};

struct Walk {
    std::vector<Draft> drafts;
    std::set<std::string> formats;
    bool dated = false;                            // some line carries its own time
    bool has_user = false, has_assistant = false;  // of known speakers
};

Walk walk_marks(const Scan &scan, std::size_t content_size);

}  // namespace vvault
