// SPDX-License-Identifier: Apache-2.0
// How long a login that was rejected is not tried again: providers lock accounts that go on.
#pragma once

#include "probes/base/time.hpp"
#include "probes/domain/settings/settings.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>

namespace mailprobed {

/// What a conversation showed of its login.
enum class LoginEnd : std::uint8_t {
    /// Nothing: no secret left, or the answer was none to it (a timeout, a code that says later).
    untold,
    worked,
    /// The server rejected it, or refused it after the secret had left, whatever that is called.
    refused,
    /// The connection ended after the secret had left, instead of an answer.
    hung_up,
    /// Words without a code: somebody else has the mailbox open.
    locked,
    /// Words without a code: logins come too often.
    too_often,
};

/// Which words of a refusal without a code are taken for more than a wrong password.
enum class WordTrust : std::uint8_t {
    all,
    /// Not those of a proxy that says the same for everything.
    certain,
    none,
};

/// The pauses of one login: five minutes after the first rejection, twice as long after each
/// further one, at most four hours; a success forgets them all. A server that hangs up at the
/// password twice in a row has rejected it, and so has one that says that logins come too often.
class AuthBackoff {
  public:
    /// The pause after the first rejection.
    static constexpr Duration kFirstPause = std::chrono::minutes{5};
    /// No pause is longer.
    static constexpr Duration kLongestPause = std::chrono::hours{4};
    /// Nor this one: a server hangs up at a password that worked before because of a fault.
    static constexpr Duration kLongestHungUp = std::chrono::minutes{30};
    /// So many refusals in a row are explained by words before a password that never worked is
    /// taken for wrong.
    static constexpr unsigned kExcuses = 4;
    /// And so many by a proxy's words that may mean anything, even if it worked.
    static constexpr unsigned kProxyExcuses = 9;

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
    /// A conversation that began at `began` ended at `now`, so far as its login goes.
    void ended(LoginEnd how, Instant began, Instant now) noexcept;
    /// What the next conversation may believe.
    [[nodiscard]] WordTrust trust() const noexcept;

  private:
    void pause(Instant now, Duration longest) noexcept;

    Duration first_;
    bool worked_ = false;
    /// In a row.
    unsigned hung_up_ = 0;
    Instant hung_up_at_ = Instant::min();
    /// Refusals that words explained, since a login worked.
    unsigned excused_ = 0;
    Duration pause_{};
    Instant until_ = Instant::min();
};

}  // namespace mailprobed
