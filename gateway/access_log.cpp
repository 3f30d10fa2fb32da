#include "access_log.hpp"

#include <array>
#include <cstdio>
#include <ctime>

#include <unistd.h>

#include "json_writer.hpp"

namespace gateway {

namespace {

std::string now() {
    thread_local std::time_t written = -1;
    thread_local std::string second;  // the text up to the whole second
    timespec at{};
    clock_gettime(CLOCK_REALTIME, &at);
    if (at.tv_sec != written) {
        tm parts{};
        gmtime_r(&at.tv_sec, &parts);
        std::array<char, 32> text{};
        second.assign(text.data(),
                      strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S.", &parts));
        written = at.tv_sec;
    }
    const auto thousandths = std::to_string(1000 + at.tv_nsec / 1'000'000);
    return second + thousandths.substr(1) + "Z";
}

// One write for a line, so that lines of several workers do not mix.
void put(std::string line) {
    line += '\n';
    std::string_view left = line;
    while (!left.empty()) {
        const auto written = write(STDOUT_FILENO, left.data(), left.size());
        if (written <= 0) return;  // nobody reads the log; requests go on
        left.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace

std::string milliseconds(std::chrono::microseconds duration) {
    const auto hundredths = (duration.count() + 5) / 10;
    const auto fraction = std::to_string(100 + hundredths % 100);
    return std::to_string(hundredths / 100) + "." + fraction.substr(1);
}

void log_access(const AccessLine &line) {
    JsonWriter out;
    out.begin_object();
    out.key("ts").string(now());
    out.key("request_id").string(line.request_id);
    out.key("trace_id").string(line.trace_id);
    out.key("method").string(line.method);
    out.key("route").string(line.route);
    out.key("status").number(line.status);
    out.key("duration_ms").raw(milliseconds(line.duration));
    out.key("queue_ms").raw(milliseconds(line.waited));
    out.key("database_ms").raw(milliseconds(line.database));
    out.key("bytes").number(static_cast<std::int64_t>(line.bytes));
    if (!line.sqlstate.empty()) out.key("sqlstate").string(line.sqlstate);
    out.end_object();
    put(out.take());
}

void log_event(std::string_view level, std::string_view event, std::string_view detail) {
    while (detail.ends_with('\n')) detail.remove_suffix(1);
    JsonWriter out;
    out.begin_object();
    out.key("ts").string(now());
    out.key("level").string(level);
    out.key("event").string(event);
    if (!detail.empty()) out.key("detail").string(detail);
    out.end_object();
    put(out.take());
}

}  // namespace gateway
