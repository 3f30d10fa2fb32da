#include "relay_counts.hpp"

#include <array>

namespace gateway {

namespace {

// "http-503" to "http-5xx".
std::string class_of(std::string_view error_class) {
    if (error_class.empty()) return "none";
    if (error_class.starts_with("http-")) return std::string(error_class.substr(0, 6)) + "xx";
    return std::string(error_class);
}

}  // namespace

void RelayCounts::note(const std::string &seat, const std::string &backend,
                       std::string_view error_class, std::chrono::microseconds latency) {
    const std::lock_guard lock(mutex_);
    auto &line = lines_[{seat, backend}];
    ++line.by_class[class_of(error_class)];
    line.latency.observe(latency);
}

void RelayCounts::tell(Exposition &out) {
    const std::lock_guard lock(mutex_);
    out.family("vvault_relays_running", "gauge", "Questions that a model is being asked.");
    out.sample({}, running.value());
    out.family("vvault_relays_turned_away_total", "counter",
               "Questions refused, since as many as may be asked at once were.");
    out.sample({}, static_cast<std::int64_t>(turned_away.value()));
    out.family("vvault_seat_attempts_total", "counter",
               "Attempts at models, by seat, backend and class of error.");
    for (const auto &[name, line] : lines_)
        for (const auto &[error_class, count] : line.by_class)
            out.sample({{"seat", name.first}, {"backend", name.second}, {"error", error_class}},
                       static_cast<std::int64_t>(count));
    out.family("vvault_seat_latency_seconds", "histogram", "How long attempts took.");
    for (const auto &[name, line] : lines_) {
        const std::array histograms = {&line.latency};
        out.histogram({{"seat", name.first}, {"backend", name.second}}, histograms);
    }
}

}  // namespace gateway
