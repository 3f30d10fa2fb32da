// Token buckets by key, in a table that never grows. Where too many keys meet,
// the fullest bucket goes: forgetting it forgives least. Any thread may call.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace gateway {

// Nothing per second stands for: as many as anyone likes.
struct Allowance {
    double per_second = 0;
    double at_once = 0;

    bool unlimited() const { return per_second <= 0; }
};

class Buckets {
public:
    using Key = std::array<std::uint8_t, 16>;  // must look random: its bytes choose the place
    using Clock = std::chrono::steady_clock;

    explicit Buckets(Allowance allowance) : allowance_(allowance), shards_(shard_count) {}

    const Allowance &allowance() const { return allowance_; }

    // Takes one, or nothing where less than one is left. The answer is what was
    // there before; a key that is not known has a full bucket.
    double take(const Key &key, Clock::time_point now = Clock::now());
    // The same for a key that is known, else nothing.
    std::optional<double> take_known(const Key &key, Clock::time_point now = Clock::now());
    // What is there, without taking.
    double level(const Key &key, Clock::time_point now = Clock::now());
    void forget(const Key &key);

private:
    static constexpr std::size_t shard_count = 256;
    static constexpr std::size_t slots = 64;  // of a shard: 16,384 keys in all

    struct Bucket {
        Key key{};
        double level = 0;
        Clock::time_point at{};  // the epoch: nobody's
    };
    struct Shard {
        std::mutex mutex;
        std::array<Bucket, slots> buckets;
    };

    const Allowance allowance_;
    std::vector<Shard> shards_;

    Shard &shard_of(const Key &key) { return shards_[key[0] % shard_count]; }
    static Bucket *find(Shard &shard, const Key &key);
    Bucket &make(Shard &shard, const Key &key, Clock::time_point now);
    double refilled(const Bucket &bucket, Clock::time_point now) const;
    double take_from(Bucket &bucket, Clock::time_point now);
};

}  // namespace gateway
