// SPDX-License-Identifier: Apache-2.0
// Reads /proc/self and, where it is shown, /proc/stat (proc(5)).
#include "daemon/metrics/process_metrics.hpp"

#include "probes/net/boot_clock.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

namespace mailprobed {

namespace {

prometheus::MetricFamily family(const char* name, const char* help, prometheus::MetricType type,
                                double value) {
    prometheus::MetricFamily result;
    result.name = name;
    result.help = help;
    result.type = type;
    prometheus::ClientMetric& metric = result.metric.emplace_back();
    if (type == prometheus::MetricType::Counter) {
        metric.counter.value = value;
    } else {
        metric.gauge.value = value;
    }
    return result;
}

prometheus::MetricFamily gauge(const char* name, const char* help, double value) {
    return family(name, help, prometheus::MetricType::Gauge, value);
}

std::string first_line(const char* path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

/// Unix time of the boot in whole seconds.
double boot_time() {
    std::ifstream file("/proc/stat");
    std::string line;
    while (std::getline(file, line)) {
        if (!line.starts_with("btime ")) continue;
        double seconds = 0;
        std::istringstream(line.substr(6)) >> seconds;
        return seconds;
    }
    // The sandbox of the unit shows processes only (ProcSubset=pid).
    const Duration since = BootClock::now().time_since_epoch();
    return std::round(to_seconds(wall_now().time_since_epoch() - since));
}

std::optional<double> open_descriptors() {
    std::error_code error;
    std::filesystem::directory_iterator entries("/proc/self/fd", error);
    if (error) return std::nullopt;
    double count = 0;
    for (const std::filesystem::directory_iterator end; entries != end && !error;
         entries.increment(error)) {
        ++count;
    }
    // The iterator itself holds one open.
    return count - 1;
}

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view line) {
    const std::size_t close = line.rfind(')');
    if (close == std::string_view::npos) return std::nullopt;
    std::istringstream fields{std::string(line.substr(close + 1))};
    std::string state;
    fields >> state;
    // Field n of proc(5) is numbers[n - 4]: the state, field 3, is gone.
    const std::vector<double> numbers{std::istream_iterator<double>(fields),
                                      std::istream_iterator<double>()};
    if (numbers.size() < 21) return std::nullopt;
    ProcessStat result;
    result.cpu_ticks = numbers[14 - 4] + numbers[15 - 4];
    result.threads = numbers[20 - 4];
    result.start_ticks = numbers[22 - 4];
    result.virtual_bytes = numbers[23 - 4];
    result.resident_pages = numbers[24 - 4];
    return result;
}

std::vector<prometheus::MetricFamily> collect_process_metrics() {
    std::vector<prometheus::MetricFamily> result;
    if (const auto stat = parse_process_stat(first_line("/proc/self/stat"))) {
        const auto ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
        const auto page_bytes = static_cast<double>(::sysconf(_SC_PAGESIZE));
        result.push_back(
            family("process_cpu_seconds_total", "User and system CPU time spent, in seconds.",
                   prometheus::MetricType::Counter, stat->cpu_ticks / ticks_per_second));
        result.push_back(gauge("process_resident_memory_bytes", "Resident memory size in bytes.",
                               stat->resident_pages * page_bytes));
        result.push_back(gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.",
                               stat->virtual_bytes));
        result.push_back(gauge("process_threads", "Number of threads.", stat->threads));
        result.push_back(gauge("process_start_time_seconds",
                               "Unix time at which the process was started.",
                               boot_time() + stat->start_ticks / ticks_per_second));
    }
    if (const auto count = open_descriptors()) {
        result.push_back(gauge("process_open_fds", "Number of open file descriptors.", *count));
    }
    struct rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        result.push_back(gauge("process_max_fds", "Greatest number of open file descriptors.",
                               static_cast<double>(limit.rlim_cur)));
    }
    return result;
}

}  // namespace mailprobed
