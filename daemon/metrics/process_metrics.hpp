// SPDX-License-Identifier: Apache-2.0
// The numbers every Prometheus client tells of its own process, read from /proc at each scrape.
#pragma once

#include <prometheus/metric_family.h>

#include <optional>
#include <string_view>
#include <vector>

namespace mailprobed {

/// What is used of /proc/self/stat (proc(5)).
struct ProcessStat {
    /// User and system time, in clock ticks.
    double cpu_ticks = 0;
    double threads = 0;
    /// Since boot, in clock ticks.
    double start_ticks = 0;
    double virtual_bytes = 0;
    double resident_pages = 0;
};

/// Reads the one line of /proc/self/stat; the command in it may hold spaces and parentheses.
[[nodiscard]] std::optional<ProcessStat> parse_process_stat(std::string_view line);

/// The families process_*; what cannot be read is left out.
[[nodiscard]] std::vector<prometheus::MetricFamily> collect_process_metrics();

}  // namespace mailprobed
