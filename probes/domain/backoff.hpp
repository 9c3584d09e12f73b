// SPDX-License-Identifier: Apache-2.0
// How long a login that was rejected is not tried again: providers lock accounts that go on.
#pragma once

#include "probes/domain/settings.hpp"
#include "probes/domain/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>

namespace mailprobed {

/// What a provider counts rejected logins by: host, port and user name.
using LoginKey = std::tuple<std::string, std::uint16_t, std::string>;

/// The key of the login as `username` at `server`; logins with the same key share one AuthBackoff.
[[nodiscard]] LoginKey login_key(const Endpoint& server, std::string_view username);

/// The pauses of one login: five minutes after the first rejection, twice as long after each
/// further one, at most four hours; a success forgets them all.
class AuthBackoff {
  public:
    /// The pause after the first rejection.
    static constexpr Duration kFirstPause = std::chrono::minutes{5};
    /// No pause is longer.
    static constexpr Duration kLongestPause = std::chrono::hours{4};

    /// `first` is the pause after the first rejection; zero means no pauses at all.
    explicit AuthBackoff(Duration first = kFirstPause) noexcept : first_(first) {}

    /// False while a pause lasts.
    [[nodiscard]] bool allows(Instant now) const noexcept { return now >= until_; }
    /// The end of the latest pause; Instant::min() if no login was rejected since a success.
    [[nodiscard]] Instant until() const noexcept { return until_; }
    /// The server answered at `now` that it rejects the login.
    void rejected(Instant now) noexcept;
    /// A login worked.
    void succeeded() noexcept;

  private:
    Duration first_;
    Duration pause_{};
    Instant until_ = Instant::min();
};

}  // namespace mailprobed
