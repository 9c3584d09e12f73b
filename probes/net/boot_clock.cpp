// SPDX-License-Identifier: Apache-2.0
// clock_gettime.
#include "probes/net/boot_clock.hpp"

#include <ctime>

namespace mailprobed {

Instant BootClock::now() noexcept {
    timespec ts{};
    clock_gettime(CLOCK_BOOTTIME, &ts);
    return Instant{std::chrono::seconds{ts.tv_sec} + std::chrono::nanoseconds{ts.tv_nsec}};
}

WallTime wall_now() noexcept {
    timespec ts{};
    clock_gettime(CLOCK_REALTIME, &ts);
    return WallTime{std::chrono::seconds{ts.tv_sec} + std::chrono::nanoseconds{ts.tv_nsec}};
}

}  // namespace mailprobed
