// SPDX-License-Identifier: Apache-2.0
// Runs record the time at least once a minute, and their mails before they are sent.
#include "probes/domain/identity/run_identity.hpp"

#include <algorithm>
#include <chrono>

namespace mailprobed {
namespace {

/// What a run recorded and what its tags say is the same reading of the clock. Mails that it sent
/// while the disk failed are told as another daemon's: an own mail that stays is the lesser evil.
constexpr std::chrono::seconds kSlack{1};

}  // namespace

RunIdentity::RunIdentity(std::uint32_t own, const std::vector<RestoredRun>& earlier) : own_(own) {
    for (const RestoredRun& run : earlier) {
        WallTime& until = earlier_[run.id];
        until = std::max(until, run.until);
    }
}

bool RunIdentity::may_have_sent(const Tag& tag) const {
    // Released versions wrote tags that do not say.
    if (tag.run == 0 || tag.run == own_) return true;
    const auto run = earlier_.find(tag.run);
    if (run == earlier_.end()) return false;
    const WallTime sent{std::chrono::milliseconds{static_cast<std::int64_t>(tag.sent_ms)}};
    return sent <= run->second + kSlack;
}

}  // namespace mailprobed
