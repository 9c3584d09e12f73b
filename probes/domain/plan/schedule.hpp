// SPDX-License-Identifier: Apache-2.0
// The fixed time grid on which a probe's mails start.
#pragma once

#include "probes/base/time.hpp"

#include <cstdint>
#include <string_view>

namespace mailprobed {

/// The ticks of one probe: anchored in Unix time once, carried on by the boot clock, so that clock
/// steps never move them. The phase is a hash of the name: probes spread evenly, restarts keep it.
class TickGrid {
  public:
    /// `interval` > 0; `wall` and `boot` are the same moment on both clocks.
    TickGrid(std::string_view probe, Duration interval, WallTime wall, Instant boot) noexcept;

    /// The first tick at or after `now`.
    [[nodiscard]] Instant next(Instant now) const noexcept;
    /// The time between ticks.
    [[nodiscard]] Duration interval() const noexcept { return interval_; }

  private:
    Duration interval_;
    Instant anchor_;
};

/// True if a mail that started at `last_start` used the slot at `slot`, both in Unix time: after a
/// restart nothing is sent twice in one slot. A clock that was set back is no reason to be silent.
[[nodiscard]] bool already_used(WallTime slot, WallTime last_start, Duration interval) noexcept;

/// What a waking prober should do about a tick it was to start at `due`.
struct TickDecision {
    /// The tick to start now: the latest that is not after `now`.
    Instant tick;
    /// How late it is; less than the interval.
    Duration lag{};
    /// Ticks between `due` and `tick` that passed while nobody was running.
    std::uint64_t missed = 0;
};

/// Decides after waking at `now` >= `due`: the latest tick starts, earlier ones are missed, so that
/// a stall is followed by one mail and not by a burst.
[[nodiscard]] TickDecision decide_tick(Instant due, Duration interval, Instant now) noexcept;

}  // namespace mailprobed
