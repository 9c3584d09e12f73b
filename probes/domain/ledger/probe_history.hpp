// SPDX-License-Identifier: Apache-2.0
// What the last verdicts of a probe were. Metrics, status page and store hold one each; the rule is
// here.
#pragma once

#include "probes/base/time.hpp"
#include "probes/domain/ledger/judgement.hpp"

#include <cstdint>
#include <optional>

namespace mailprobed {

/// The recent past of a probe.
struct ProbeHistory {
    /// So many verdicts are told apart.
    static constexpr unsigned kRecent = 10;

    std::optional<WallTime> last_started, last_delivered, last_verdict;
    /// Of the last mail that was delivered by exact instants.
    std::optional<Duration> last_round_trip, last_uncertainty;
    /// Verdicts since the last `delivered`.
    std::uint64_t bad_streak = 0;
    /// The last kRecent verdicts, newest in bit 0; a set bit is one that was not `delivered`.
    std::uint32_t recent_bad = 0;

    /// True if the last verdict was `delivered`.
    [[nodiscard]] bool up() const noexcept { return last_verdict && bad_streak == 0; }
    /// A verdict fell at `at`.
    void judged(const Judgement& judgement, WallTime at) noexcept;
};

}  // namespace mailprobed
