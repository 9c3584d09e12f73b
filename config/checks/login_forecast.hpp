// SPDX-License-Identifier: Apache-2.0
// How often a mailbox would be logged in to: the poll plan itself, played against the schedule.
#pragma once

#include "probes/domain/settings/settings.hpp"

#include <cstdint>
#include <span>

namespace mailprobed {

/// What brings looks to a mailbox: mails of a probe that arrive in it, or bounces of a probe that
/// sends from it.
struct LookSource {
    const ProbeSettings* probe = nullptr;
    /// True if the probe's mails are awaited here, false if only their bounces are.
    bool arrivals = true;
    /// True if bounces of the probe's mails come back here.
    bool bounces = false;
};

/// The busiest hour of a mailbox.
struct LoginForecast {
    std::uint32_t logins = 0;
    /// The least time between two logins; Duration::max() if there is only one.
    Duration least_gap = Duration::max();
    /// True if the simulation was cut off: at least so many.
    bool at_least = false;
};

/// Plays PollPlan for all `sources` of one mailbox, once with mails that never arrive and once with
/// mails that arrive at once, every look being complete; returns the worse. Ticks have the phases
/// that the probes' names give them. At most a day is played.
[[nodiscard]] LoginForecast forecast_logins(const PollSettings& poll,
                                            std::span<const LookSource> sources);

}  // namespace mailprobed
