// Prometheus' text format, version 0.0.4: families with HELP and TYPE, samples
// with labels. It knows the format, not what is told.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "counter.hpp"

namespace gateway {

class Exposition {
public:
    using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

    // Begins a family; the samples that follow are of it. `type`: counter, gauge, histogram.
    void family(std::string_view name, std::string_view type, std::string_view help);

    void sample(Labels labels, std::string_view value);
    void sample(Labels labels, std::int64_t value) { sample(labels, std::to_string(value)); }
    void seconds(Labels labels, std::int64_t microseconds);

    // What several threads observed of the same thing, added up.
    template <class Histograms>
    void histogram(Labels labels, const Histograms &histograms) {
        std::array<std::uint64_t, Histogram::bounds.size() + 1> buckets{};
        std::uint64_t microseconds = 0;
        for (const Histogram *one : histograms) {
            for (std::size_t i = 0; i < buckets.size(); ++i) buckets.at(i) += one->in_bucket(i);
            microseconds += one->microseconds();
        }
        write_histogram(labels, buckets, microseconds);
    }

    std::string take() { return std::move(text_); }

private:
    std::string text_;
    std::string name_;

    void line(std::string_view suffix, Labels labels, std::string_view last_label,
              std::string_view last_value, std::string_view value);
    void write_histogram(Labels labels,
                         const std::array<std::uint64_t, Histogram::bounds.size() + 1> &buckets,
                         std::uint64_t microseconds);
};

}  // namespace gateway
