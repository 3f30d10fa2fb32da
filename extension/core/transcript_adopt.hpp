// Which lines of a scan count as speakers' lines: those of known speakers, those
// that carry a time, and those of strangers who plainly take part. A bold label
// in an answer ("**Verdict**: …") looks just like a stranger; the difference is
// that models write such labels and people do not.
#pragma once

#include <vector>

#include "transcript_scan.hpp"

namespace vvault {

// One flag a mark.
std::vector<bool> accepted_marks(const std::vector<Mark> &marks);

}  // namespace vvault
