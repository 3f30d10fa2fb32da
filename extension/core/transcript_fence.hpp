// Code fences: which stretches of a transcript are code, where nothing is a
// turn. Fences nest, as models write them, and one that is never closed hides
// nothing, because an answer cut off in its code must not swallow the rest.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "transcript_line.hpp"

namespace vvault {

struct Fence {
    std::size_t at;  // where its line begins
    FenceLine line;
    bool opens_only;  // it stands behind a speaker, on the speaker's line
    bool barrier;     // no fence reaches over this point
};

using Stretch = std::pair<std::size_t, std::size_t>;  // line of the first and last fence

// Outermost stretches in order. `turns`: where lines that may begin turns stand,
// ascending; they tell a fence left open from one that quotes a transcript.
std::vector<Stretch> code_stretches(const std::vector<Fence> &fences,
                                    const std::vector<std::size_t> &turns);

}  // namespace vvault
