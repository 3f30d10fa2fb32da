// What is counted of models that were asked. Labels come from the operator's file and from a list
// of classes, so their number is bounded.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "counter.hpp"
#include "exposition.hpp"

namespace gateway {

class RelayCounts {
public:
    Gauge running;
    Counter turned_away;  // there was no room for another

    void note(const std::string &seat, const std::string &backend, std::string_view error_class,
              std::chrono::microseconds latency);
    void tell(Exposition &out);

private:
    struct Line {
        std::map<std::string, std::uint64_t> by_class;
        Histogram latency;
    };
    std::mutex mutex_;
    std::map<std::pair<std::string, std::string>, Line> lines_;
};

}  // namespace gateway
