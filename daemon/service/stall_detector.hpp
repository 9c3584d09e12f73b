// SPDX-License-Identifier: Apache-2.0
// Whether a part of the daemon that has work gets on with it: what the service manager's watchdog
// is fed by.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace mailprobed {

/// How far a part has come.
struct ActivityCounter {
    /// It has something to do.
    bool busy = false;
    /// Changes with every step forward.
    std::uint64_t mark = 0;
};

/// Tells standing still from having nothing to do. Time is CLOCK_MONOTONIC, which is not that of a
/// suspend: a part is as far after it as before.
class StallDetector {
  public:
    using Clock = std::chrono::steady_clock;

    /// `patience`: how long one step may take.
    explicit StallDetector(Clock::duration patience) noexcept : patience_(patience) {}

    /// False once the part has been busy with one step for longer than the patience.
    [[nodiscard]] bool alive(ActivityCounter activity, Clock::time_point now) noexcept {
        if (!activity.busy || !since_ || activity.mark != mark_) {
            since_ = now;
            mark_ = activity.mark;
        }
        return now - *since_ <= patience_;
    }

  private:
    Clock::duration patience_;
    std::optional<Clock::time_point> since_;
    std::uint64_t mark_ = 0;
};

}  // namespace mailprobed
