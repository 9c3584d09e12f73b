// SPDX-License-Identifier: Apache-2.0
// The two time scales of the program as types; reading a clock is net/boot_clock.hpp's business.
#pragma once

#include <chrono>

namespace mailprobed {

/// The time scale of CLOCK_BOOTTIME: never steps, counts suspend.
struct BootTimeline {
    using rep = std::chrono::nanoseconds::rep;
    using period = std::chrono::nanoseconds::period;
    using duration = std::chrono::nanoseconds;
    using time_point = std::chrono::time_point<BootTimeline, std::chrono::nanoseconds>;
    // NOLINTNEXTLINE(readability-identifier-naming): the standard's Clock requires this name
    static constexpr bool is_steady = true;
};

/// A moment on the boot clock; all latencies are differences of these.
using Instant = BootTimeline::time_point;
/// A length of time on the boot clock.
using Duration = std::chrono::nanoseconds;
/// A moment of Unix time; only for grids, headers and timestamps shown to people.
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

/// A duration as seconds in a double, the base unit of Prometheus.
[[nodiscard]] constexpr double to_seconds(Duration d) noexcept {
    return std::chrono::duration<double>(d).count();
}

}  // namespace mailprobed
