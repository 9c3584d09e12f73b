// SPDX-License-Identifier: Apache-2.0
// A round trip by converted instants is a guess and shown nowhere as the last one.
#include "probes/domain/ledger/probe_history.hpp"

namespace mailprobed {

void ProbeHistory::judged(const Judgement& judgement, WallTime at) noexcept {
    constexpr std::uint32_t kMask = (1U << kRecent) - 1;
    const bool bad = judgement.verdict != Verdict::delivered;
    last_verdict = at;
    bad_streak = bad ? bad_streak + 1 : 0;
    recent_bad = ((recent_bad << 1U) | (bad ? 1U : 0U)) & kMask;
    if (bad) return;
    last_delivered = at;
    if (!judgement.exact) return;
    last_round_trip = judgement.round_trip();
    last_uncertainty = judgement.uncertainty();
}

}  // namespace mailprobed
