#include <algorithm>
#include <limits>

#include "core/line_diff.hpp"

namespace vvault {

namespace {

using Position = std::int32_t;
using Sequence = std::span<const std::uint32_t>;

constexpr std::int64_t work_budget = std::int64_t{1} << 28;
constexpr std::int64_t steps_per_breath = 1 << 16;

// A part of both sequences, from (inclusive) to (exclusive).
struct Box {
    Position a_from, a_to, b_from, b_to;
};

struct Point {
    Position a, b;
};

// The elements that the other sequence has too, and where they stood. The rest can have no
// partner, and leaving it out at once is what makes garbage cheap.
struct Shared {
    std::vector<std::uint32_t> elements;
    std::vector<Position> places;

    Shared(Sequence all, Sequence other, std::vector<bool> &changed) {
        std::vector<bool> known;
        for (const std::uint32_t element : other) {
            if (element >= known.size()) known.resize(element + std::size_t{1});
            known[element] = true;
        }
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (all[i] >= known.size() || !known[all[i]]) {
                changed[i] = true;
                continue;
            }
            elements.push_back(all[i]);
            places.push_back(static_cast<Position>(i));
        }
    }
};

// Diagonals are numbered a - b; for each, forward_ and backward_ hold the furthest a that was
// reached on it from either end.
class Search {
public:
    Search(Sequence a, Sequence b, const Breathe &breathe)
        : a_(a), b_(b), breathe_(breathe), origin_(static_cast<Position>(b.size()) + 1) {
        const std::size_t diagonals = a.size() + b.size() + 3;
        forward_.resize(diagonals);
        backward_.resize(diagonals);
        const auto length = static_cast<std::int64_t>(a.size() + b.size() + 1);
        rounds_ = std::clamp<std::int64_t>(work_budget / length, 16, 4096);
    }

    // A point on a path through the box that is neither of its corners. The box must differ
    // in its first and in its last elements and be empty on neither side.
    Point split(const Box &box) {
        Position low = box.a_from - box.b_from, high = low;
        Position back_low = box.a_to - box.b_to, back_high = back_low;
        const bool odd = ((low - back_low) & 1) != 0;
        forward(low) = box.a_from;
        backward(back_low) = box.a_to;
        for (std::int64_t round = 1;; ++round) {
            widen(box, low, high, &Search::forward, -1);
            for (Position d = high; d >= low; d -= 2) {
                const Position a = advance(box, d);
                if (odd && d >= back_low && d <= back_high && backward(d) <= a) return {a, a - d};
            }
            widen(box, back_low, back_high, &Search::backward,
                  std::numeric_limits<Position>::max());
            for (Position d = back_high; d >= back_low; d -= 2) {
                const Position a = retreat(box, d);
                if (!odd && d >= low && d <= high && a <= forward(d)) return {a, a - d};
            }
            rest(high - low + back_high - back_low);
            if (round >= rounds_) return furthest(box, low, high, back_low, back_high);
        }
    }

private:
    Position &forward(Position diagonal) { return forward_[diagonal + origin_]; }
    Position &backward(Position diagonal) { return backward_[diagonal + origin_]; }

    // One diagonal more on each side, or one less where the box ends; what lies beyond is
    // marked as never reached.
    void widen(const Box &box, Position &low, Position &high,
               Position &(Search::*reached)(Position), Position never) {
        if (low > box.a_from - box.b_to)
            (this->*reached)(--low - 1) = never;
        else
            ++low;
        if (high < box.a_to - box.b_from)
            (this->*reached)(++high + 1) = never;
        else
            --high;
    }

    Position advance(const Box &box, Position diagonal) {
        const Position below = forward(diagonal - 1), above = forward(diagonal + 1);
        Position a = below < above ? above : below + 1;
        while (a < box.a_to && a - diagonal < box.b_to && a_[a] == b_[a - diagonal]) ++a;
        return forward(diagonal) = a;
    }

    Position retreat(const Box &box, Position diagonal) {
        const Position below = backward(diagonal - 1), above = backward(diagonal + 1);
        Position a = below < above ? below : above - 1;
        while (a > box.a_from && a - diagonal > box.b_from && a_[a - 1] == b_[a - diagonal - 1])
            --a;
        return backward(diagonal) = a;
    }

    // Where the search has come closest to the other end, from whichever side that is.
    Point furthest(const Box &box, Position low, Position high, Position back_low,
                   Position back_high) {
        Point best{box.a_from, box.b_from}, back_best{box.a_to, box.b_to};
        for (Position d = high; d >= low; d -= 2) {
            Position a = std::min(forward(d), box.a_to);
            a = std::min(a, box.b_to + d);
            if (a + (a - d) > best.a + best.b) best = {a, a - d};
        }
        for (Position d = back_high; d >= back_low; d -= 2) {
            Position a = std::max(backward(d), box.a_from);
            a = std::max(a, box.b_from + d);
            if (a + (a - d) < back_best.a + back_best.b) back_best = {a, a - d};
        }
        const Position done = best.a + best.b - box.a_from - box.b_from;
        const Position back_done = box.a_to + box.b_to - back_best.a - back_best.b;
        return done >= back_done ? best : back_best;
    }

    void rest(std::int64_t steps) {
        steps_ += steps + 2;
        if (steps_ < steps_per_breath) return;
        steps_ = 0;
        if (breathe_) breathe_();
    }

    Sequence a_, b_;
    const Breathe &breathe_;
    Position origin_;
    std::int64_t rounds_;
    std::int64_t steps_ = 0;
    std::vector<Position> forward_, backward_;
};

}  // namespace

LineChanges line_changes(std::span<const std::uint32_t> all_a, std::span<const std::uint32_t> all_b,
                         const Breathe &breathe) {
    LineChanges changes{std::vector<bool>(all_a.size()), std::vector<bool>(all_b.size())};
    const Shared a(all_a, all_b, changes.removed), b(all_b, all_a, changes.added);
    Search search(a.elements, b.elements, breathe);
    // A list and no recursion: a long search may leave many boxes, one inside the other.
    std::vector<Box> boxes{
        {0, static_cast<Position>(a.elements.size()), 0, static_cast<Position>(b.elements.size())}};
    while (!boxes.empty()) {
        Box box = boxes.back();
        boxes.pop_back();
        while (box.a_from < box.a_to && box.b_from < box.b_to &&
               a.elements[box.a_from] == b.elements[box.b_from])
            ++box.a_from, ++box.b_from;
        while (box.a_from < box.a_to && box.b_from < box.b_to &&
               a.elements[box.a_to - 1] == b.elements[box.b_to - 1])
            --box.a_to, --box.b_to;
        if (box.a_from < box.a_to && box.b_from < box.b_to) {
            const Point middle = search.split(box);
            boxes.push_back({box.a_from, middle.a, box.b_from, middle.b});
            boxes.push_back({middle.a, box.a_to, middle.b, box.b_to});
            continue;
        }
        for (Position i = box.a_from; i < box.a_to; ++i) changes.removed[a.places[i]] = true;
        for (Position i = box.b_from; i < box.b_to; ++i) changes.added[b.places[i]] = true;
    }
    return changes;
}

}  // namespace vvault
