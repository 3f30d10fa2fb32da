#include "process_figures.hpp"

#include <ctime>
#include <filesystem>
#include <fstream>

#include <sys/resource.h>
#include <unistd.h>

namespace gateway {

namespace {

std::int64_t cpu_microseconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000 + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
}

std::int64_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::int64_t whole = 0;
    std::int64_t resident = 0;
    statm >> whole >> resident;
    return resident * sysconf(_SC_PAGESIZE);
}

std::int64_t open_descriptors() {
    std::error_code failed;
    std::int64_t count = 0;
    for (std::filesystem::directory_iterator entry("/proc/self/fd", failed), end;
         !failed && entry != end; entry.increment(failed))
        ++count;
    return count;
}

// Taken when the program starts, before there is any thread.
const std::int64_t start_time = std::time(nullptr);

}  // namespace

void tell_process(Exposition &out) {
    out.family("process_cpu_seconds_total", "counter", "User and system CPU time spent.");
    out.seconds({}, cpu_microseconds());
    out.family("process_resident_memory_bytes", "gauge", "Resident memory.");
    out.sample({}, resident_bytes());
    out.family("process_open_fds", "gauge", "Open file descriptors.");
    out.sample({}, open_descriptors());
    out.family("process_start_time_seconds", "gauge", "Start of the process, Unix time.");
    out.sample({}, start_time);
}

}  // namespace gateway
