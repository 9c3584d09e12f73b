// SPDX-License-Identifier: Apache-2.0
// One deadline timer for a whole session: stages only move the deadline.
#pragma once

#include "probes/net/boot_clock.hpp"

#include <functional>
#include <memory>

namespace mailprobed {

/// Calls `on_expiry` when the deadline passes. Moving the deadline later costs nothing: the timer
/// wakes early once and sleeps again (measured: as cheap as no timeout at all).
class Watchdog {
  public:
    Watchdog(const Executor& executor, std::function<void()> on_expiry);
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;
    ~Watchdog();

    /// Moves the deadline and forgets that an earlier one passed.
    void expect_by(Instant deadline);
    /// True if the deadline has passed.
    [[nodiscard]] bool expired() const noexcept;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace mailprobed
