#include "buckets.hpp"

#include <algorithm>

namespace gateway {

Buckets::Bucket *Buckets::find(Shard &shard, const Key &key) {
    for (auto &bucket : shard.buckets)
        if (bucket.at != Clock::time_point{} && bucket.key == key) return &bucket;
    return nullptr;
}

double Buckets::refilled(const Bucket &bucket, Clock::time_point now) const {
    const std::chrono::duration<double> passed = now - bucket.at;
    return std::min(allowance_.at_once,
                    bucket.level + std::max(0.0, passed.count()) * allowance_.per_second);
}

Buckets::Bucket &Buckets::make(Shard &shard, const Key &key, Clock::time_point now) {
    Bucket *place = &shard.buckets[0];
    for (auto &bucket : shard.buckets) {
        if (bucket.at == Clock::time_point{}) {
            place = &bucket;
            break;
        }
        // Of several full ones the one that has been still for longest.
        const auto here = refilled(bucket, now);
        const auto best = refilled(*place, now);
        if (here > best || (here == best && bucket.at < place->at)) place = &bucket;
    }
    *place = Bucket{.key = key, .level = allowance_.at_once, .at = now};
    return *place;
}

double Buckets::take_from(Bucket &bucket, Clock::time_point now) {
    const auto there = refilled(bucket, now);
    bucket.level = there >= 1 ? there - 1 : there;
    bucket.at = std::max(bucket.at, now);
    return there;
}

double Buckets::take(const Key &key, Clock::time_point now) {
    auto &shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    auto *bucket = find(shard, key);
    return take_from(bucket ? *bucket : make(shard, key, now), now);
}

std::optional<double> Buckets::take_known(const Key &key, Clock::time_point now) {
    auto &shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    auto *bucket = find(shard, key);
    if (!bucket) return std::nullopt;
    return take_from(*bucket, now);
}

double Buckets::level(const Key &key, Clock::time_point now) {
    auto &shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    const auto *bucket = find(shard, key);
    return bucket ? refilled(*bucket, now) : allowance_.at_once;
}

void Buckets::forget(const Key &key) {
    auto &shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    if (auto *bucket = find(shard, key)) *bucket = Bucket{};
}

}  // namespace gateway
