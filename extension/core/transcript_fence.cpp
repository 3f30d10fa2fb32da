#include "transcript_fence.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace vvault {

namespace {

struct Matching {
    std::vector<Stretch> stretches;  // outermost
    bool bare_left = false;          // a fence without a word behind it found no partner
};

// Keeps a stack of open fences. A bare fence closes the innermost if it can,
// else opens; one with a word behind it always opens.
Matching match(const std::vector<Fence> &fences, const std::set<std::size_t> &ignored) {
    Matching found;
    std::vector<const Fence *> open;
    std::vector<Stretch> pairs;
    const auto leave_open = [&] {
        for (const auto *fence : open) found.bare_left = found.bare_left || fence->line.bare;
        open.clear();
    };
    for (const auto &fence : fences) {
        if (fence.barrier) {
            leave_open();
            continue;
        }
        if (ignored.contains(fence.at)) continue;
        const auto *top = open.empty() ? nullptr : open.back();
        const bool fits =
            top == nullptr || fence.opens_only ||
            (top->line.letter == fence.line.letter && top->line.length <= fence.line.length);
        if (!fits) continue;
        if (top != nullptr && fence.line.bare && !fence.opens_only) {
            pairs.emplace_back(top->at, fence.at);
            open.pop_back();
        } else {
            open.push_back(&fence);
        }
    }
    leave_open();

    std::sort(pairs.begin(), pairs.end());
    for (const auto &pair : pairs)
        if (found.stretches.empty() || pair.first > found.stretches.back().second)
            found.stretches.push_back(pair);
    return found;
}

bool holds_one(const Stretch &stretch, const std::vector<std::size_t> &sorted) {
    const auto next = std::upper_bound(sorted.begin(), sorted.end(), stretch.first);
    return next != sorted.end() && *next < stretch.second;
}

}  // namespace

std::vector<Stretch> code_stretches(const std::vector<Fence> &fences,
                                    const std::vector<std::size_t> &turns) {
    auto found = match(fences, {});
    if (!found.bare_left) return found.stretches;
    // A bare fence is left over: somewhere one was left open and has taken the
    // next one's opening for its end. Leave out the first whose absence makes
    // everything fit, among those that hide turns. A few tries keep it linear.
    constexpr int tries = 16;
    int tried = 0;
    for (const auto &stretch : found.stretches) {
        if (!holds_one(stretch, turns)) continue;
        if (++tried > tries) break;
        auto without = match(fences, {stretch.first});
        if (!without.bare_left) return without.stretches;
    }
    return found.stretches;
}

}  // namespace vvault
