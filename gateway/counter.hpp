// Numbers that one thread or several count up and another reads at any time. No
// lock and no order between them: a reader sees each a moment early or late.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace gateway {

class Counter {
public:
    void add(std::uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

class Gauge {
public:
    void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
    void add(std::int64_t change) { value_.fetch_add(change, std::memory_order_relaxed); }
    std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::int64_t> value_{0};
};

// How long things took, in buckets whose upper bounds are fixed.
class Histogram {
public:
    static constexpr std::array<std::int64_t, 13> bounds = {  // microseconds
        500,     1'000,   2'500,   5'000,     10'000,    25'000,    50'000,
        100'000, 250'000, 500'000, 1'000'000, 2'500'000, 10'000'000};

    void observe(std::chrono::microseconds duration) {
        const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), duration.count());
        buckets_.at(static_cast<std::size_t>(bucket - bounds.begin())).add();
        microseconds_.add(static_cast<std::uint64_t>(std::max<std::int64_t>(0, duration.count())));
    }

    // What fell into each bucket alone; the last is for all above the last bound.
    std::uint64_t in_bucket(std::size_t bucket) const { return buckets_.at(bucket).value(); }
    std::uint64_t microseconds() const { return microseconds_.value(); }

private:
    std::array<Counter, bounds.size() + 1> buckets_;
    Counter microseconds_;
};

}  // namespace gateway
