// SPDX-License-Identifier: Apache-2.0
// The few words all parts of the loopback server share: protocol, account, delivery delay.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed::loopback {

using Nanoseconds = std::chrono::nanoseconds;

/// Which of the two services a thing belongs to; `any` only in fault rules.
enum class Protocol : std::uint8_t { smtp, pop3, any };

/// The name as the log and the text form of faults spell it.
[[nodiscard]] std::string_view name(Protocol protocol) noexcept;

/// One user. Accounts with the same user name share one mailbox.
struct Account {
    /// The mail address that delivers here; compared without regard to case.
    std::string address;
    /// The name to log in with; empty means the address.
    std::string username;
    std::string password;
    /// Further addresses that deliver into the same mailbox.
    std::vector<std::string> aliases;
};

/// How long a mail stays invisible after its final dot.
struct DelayModel {
    /// exponential is `low` plus an exponential time with mean `high`, cut at 50 means.
    enum class Kind : std::uint8_t { fixed, uniform, log_uniform, exponential };

    Kind kind = Kind::fixed;
    Nanoseconds low{0};
    Nanoseconds high{0};

    /// Always the same delay.
    [[nodiscard]] static DelayModel fixed(Nanoseconds delay) { return {Kind::fixed, delay, delay}; }
    /// Any delay of [low, high], all equally likely.
    [[nodiscard]] static DelayModel uniform(Nanoseconds low, Nanoseconds high) {
        return {Kind::uniform, low, high};
    }
    /// Any delay of [low, high], its logarithm uniform; `low` must be positive.
    [[nodiscard]] static DelayModel log_uniform(Nanoseconds low, Nanoseconds high) {
        return {Kind::log_uniform, low, high};
    }
    /// `low` plus an exponential time of the given mean.
    [[nodiscard]] static DelayModel exponential(Nanoseconds low, Nanoseconds mean) {
        return {Kind::exponential, low, mean};
    }
};

/// Reads `500ms`, `2s`, `1.5m`, `1h` (a bare number is seconds); throws std::invalid_argument.
[[nodiscard]] Nanoseconds parse_duration(std::string_view text);

/// Reads `2s`, `uniform:1s:5s`, `log-uniform:200ms:600s`, `exponential:1s:5s`; throws
/// std::invalid_argument.
[[nodiscard]] DelayModel parse_delay(std::string_view text);

/// CLOCK_BOOTTIME in nanoseconds: the clock of every instant in the log.
[[nodiscard]] std::int64_t boot_now() noexcept;

}  // namespace mailprobed::loopback
