// Which elements of two sequences have no partner in the other, in order: Myers' O(ND)
// search from both ends in linear space. Knows numbers only; what they stand for (lines) is
// the caller's.
//
// The result is the smallest one unless long sequences differ in very many elements: there the
// search settles for the furthest point it has reached, so that the work is bounded by the
// length and not by its square.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace vvault {

// Called every now and then during long work; may throw to end it.
using Breathe = std::function<void()>;

struct LineChanges {
    std::vector<bool> removed;  // of a
    std::vector<bool> added;    // of b
};

LineChanges line_changes(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b,
                         const Breathe &breathe);

}  // namespace vvault
