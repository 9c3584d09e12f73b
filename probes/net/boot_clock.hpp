// SPDX-License-Identifier: Apache-2.0
// The clocks of the machine, and a timer on the boot clock that notices a suspend within a second.
#pragma once

#include "probes/base/time.hpp"
#include "probes/net/awaitable.hpp"

#include <boost/asio/basic_waitable_timer.hpp>

#include <algorithm>
#include <chrono>

namespace mailprobed {

/// CLOCK_BOOTTIME: never steps, counts suspend.
struct BootClock : BootTimeline {
    /// The current instant.
    static Instant now() noexcept;
};

/// Unix time of the machine.
[[nodiscard]] WallTime wall_now() noexcept;

/// Asio sleeps on CLOCK_MONOTONIC, which stands still during a suspend: naps of a second at most
/// let a boot-clock timer expire in time after one.
struct BootWaitTraits {
    static Duration to_wait_duration(const Duration& d) {
        return std::min<Duration>(d, std::chrono::seconds{1});
    }
    static Duration to_wait_duration(const Instant& t) {
        return to_wait_duration(t - BootClock::now());
    }
};

/// A timer on the boot clock.
using BootTimer = asio::basic_waitable_timer<BootClock, BootWaitTraits, Executor>;

}  // namespace mailprobed
