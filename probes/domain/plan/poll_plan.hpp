// SPDX-License-Identifier: Apache-2.0
// When to look into a mailbox: often while a mail is young, seldom when it is old, always at its
// deadline, and never more often than the server allows.
#pragma once

#include "probes/base/time.hpp"
#include "probes/domain/settings/settings.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>

namespace mailprobed {

/// A longer LOGIN-DELAY is not believed: one wrong answer must not silence a mailbox for good.
inline constexpr Duration kLongestLoginDelay = std::chrono::hours{1};

/// What the plan must know of a mail that is awaited in the mailbox.
struct AwaitedMail {
    /// Since when it may be there.
    Instant handed;
    /// D: a look is planned at this instant.
    Instant deadline;
    /// Until when a look may still give the verdict.
    Instant grace_end;
};

/// How the last look ended, as far as the plan cares.
enum class LookResult : std::uint8_t {
    complete,
    /// Network, protocol or server trouble: the plan goes on as if the look had not been.
    failed,
    /// [IN-USE]: somebody else holds the mailbox (RFC 2449 8.1.1).
    busy,
    /// [LOGIN-DELAY]: too soon (RFC 2449 8.1.1).
    login_delay,
    /// [SYS/TEMP]: the server cannot now but will soon (RFC 3206 3).
    transient,
};

/// The plan of one mailbox. Gaps grow with the age of the youngest mail, so that the uncertainty of
/// a latency stays a bounded part of it; all mails share the looks.
class PollPlan {
  public:
    /// `mails_per_hour` arrive here; `longest_wait` is the longest deadline among their probes.
    PollPlan(const PollSettings& settings, double mails_per_hour, Duration longest_wait) noexcept;

    /// Goes on by other settings; what the server showed and what the budget has spent stays known.
    void adopt(const PollSettings& settings, double mails_per_hour, Duration longest_wait,
               Instant now) noexcept;

    /// When to look next for `awaited` mails; not before `now`. `awaited` must not be empty.
    [[nodiscard]] Instant next(std::span<const AwaitedMail> awaited, Instant now) const noexcept;
    /// The same with instants at which a look is wanted for another reason; any look since then has
    /// served it. Both may be empty; Instant::max() means that nothing calls for a look.
    [[nodiscard]] Instant next(std::span<const AwaitedMail> awaited, std::span<const Instant> extra,
                               Instant now) const noexcept;

    /// No look before `until`, whatever is wanted: the login was rejected. Replaces what an earlier
    /// call said; Instant::min() ends it.
    void hold_until(Instant until) noexcept { held_until_ = until; }

    /// Until when refusals keep looks away, whatever is wanted; may be past.
    [[nodiscard]] Instant paused_until() const noexcept {
        return std::max(not_before_, held_until_);
    }

    /// A look began; it uses up one login of the budget.
    void look_began(Instant at) noexcept;
    /// The look that began last ended; `login_delay` is what the server announced, or zero, and
    /// nothing if there was no login, which starts no delay; kLongestLoginDelay counts at most.
    void look_ended(LookResult result, Instant at, std::optional<Duration> login_delay) noexcept;

    /// The logins that the budget allows at once; infinity without a budget.
    [[nodiscard]] double logins_available(Instant now) const noexcept;
    /// The least time between two looks that budget, LOGIN-DELAY and refusals allow now.
    [[nodiscard]] Duration least_gap() const noexcept;
    /// The longest time between two looks of the plan; verdict_grace defaults to twice this.
    [[nodiscard]] Duration look_interval() const noexcept;

  private:
    [[nodiscard]] Instant due(const AwaitedMail& mail) const noexcept;
    [[nodiscard]] Instant allowed(Instant now) const noexcept;
    void refill(Instant at) noexcept;

    PollSettings settings_;
    double growth_;
    /// Budget as a token bucket: capacity + refill in an hour = logins_per_hour, so that no hour
    /// whatever sees more.
    double capacity_ = 0;
    Duration token_time_{};
    double tokens_ = 0;
    Instant refilled_;

    Instant last_look_ = Instant::min();
    Instant last_login_ = Instant::min();
    Duration login_delay_{};
    Instant not_before_ = Instant::min();
    Instant held_until_ = Instant::min();
    unsigned refusals_ = 0;
};

}  // namespace mailprobed
