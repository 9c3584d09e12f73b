// SPDX-License-Identifier: Apache-2.0
// Doubling pauses.
#include "probes/domain/plan/backoff.hpp"

#include <algorithm>

namespace mailprobed {

void AuthBackoff::pause(Instant now, Duration longest) noexcept {
    // A login that was under way when the pause began tells nothing new.
    if (!allows(now) || first_ == Duration::zero()) return;
    pause_ = std::min(pause_ == Duration::zero() ? first_ : 2 * pause_, longest);
    until_ = now + pause_;
}

void AuthBackoff::rejected(Instant now) noexcept {
    hung_up_ = 0;
    pause(now, std::max(kLongestPause, first_));
}

void AuthBackoff::succeeded() noexcept {
    worked_ = true;
    hung_up_ = excused_ = 0;
    pause_ = Duration::zero();
    until_ = Instant::min();
}

void AuthBackoff::ended(LoginEnd how, Instant began, Instant now) noexcept {
    switch (how) {
        case LoginEnd::untold:
            break;
        case LoginEnd::worked:
            succeeded();
            break;
        case LoginEnd::refused:
            rejected(now);
            break;
        case LoginEnd::hung_up:
            // Once is a server that restarts, which ends all conversations that are under way.
            if (!allows(now) || began < hung_up_at_) break;
            hung_up_at_ = now;
            if (++hung_up_ >= 2) pause(now, worked_ ? kLongestHungUp : kLongestPause);
            break;
        case LoginEnd::too_often:
            pause(now, kLongestPause);
            [[fallthrough]];
        case LoginEnd::locked:
            hung_up_ = 0;
            ++excused_;
            break;
    }
}

WordTrust AuthBackoff::trust() const noexcept {
    if (!worked_ && excused_ >= kExcuses) return WordTrust::none;
    return excused_ >= kProxyExcuses ? WordTrust::certain : WordTrust::all;
}

}  // namespace mailprobed
