// SPDX-License-Identifier: Apache-2.0
// Doubling pauses.
#include "probes/domain/backoff.hpp"

#include <algorithm>

namespace mailprobed {

LoginKey login_key(const Endpoint& server, std::string_view username) {
    return {server.host, server.port, std::string(username)};
}

void AuthBackoff::rejected(Instant now) noexcept {
    // A login that was under way when the pause began tells nothing new.
    if (!allows(now) || first_ == Duration::zero()) return;
    pause_ = pause_ == Duration::zero() ? first_ : std::min(2 * pause_, kLongestPause);
    until_ = now + pause_;
}

void AuthBackoff::succeeded() noexcept {
    pause_ = Duration::zero();
    until_ = Instant::min();
}

}  // namespace mailprobed
