// SPDX-License-Identifier: Apache-2.0
// Grid arithmetic.
#include "probes/domain/plan/schedule.hpp"

#include "probes/domain/identity/tag.hpp"

namespace mailprobed {

TickGrid::TickGrid(std::string_view probe, Duration interval, WallTime wall, Instant boot) noexcept
    : interval_(interval) {
    // A 32-bit hash scaled onto the interval; the product of both would overflow 64 bits for days.
    const double part = static_cast<double>(name_id(probe)) / 4294967296.0;
    const Duration phase{static_cast<Duration::rep>(part * static_cast<double>(interval.count()))};
    anchor_ = boot - (wall.time_since_epoch() - phase) % interval;
}

Instant TickGrid::next(Instant now) const noexcept {
    const Duration past = (now - anchor_) % interval_;
    if (past == Duration::zero()) return now;
    // The remainder of a moment before the anchor is negative: then it is the distance itself.
    return past > Duration::zero() ? now + (interval_ - past) : now - past;
}

bool already_used(WallTime slot, WallTime last_start, Duration interval) noexcept {
    return last_start >= slot && last_start - slot < interval;
}

TickDecision decide_tick(Instant due, Duration interval, Instant now) noexcept {
    if (now <= due) return {due, Duration::zero(), 0};
    const auto passed = (now - due) / interval;
    const Instant tick = due + passed * interval;
    return {tick, now - tick, static_cast<std::uint64_t>(passed)};
}

}  // namespace mailprobed
