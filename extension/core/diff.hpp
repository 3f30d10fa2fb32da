// Two texts compared line by line, written as a unified diff that patch(1) takes. Bytes of
// the lines go in and out as they are, line ends of either kind included.
#pragma once

#include <string>
#include <string_view>

#include "core/line_diff.hpp"

namespace vvault {

// What can be shown as lines of text: UTF-8 without a NUL.
bool is_comparable_text(std::string_view bytes);

struct DiffSide {
    std::string_view text;
    std::string_view label;  // stands in the head of the diff
};

// Empty where the texts are the same. Throws Errc::too_large above 16 MiB a side: lines may be
// one byte long, and each costs some memory of its own.
std::string unified_diff(const DiffSide &a, const DiffSide &b, const Breathe &breathe = {});

}  // namespace vvault
