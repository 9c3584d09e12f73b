// SPDX-License-Identifier: Apache-2.0
// What a running daemon says of its probes, as the terminal needs it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// How a probe does: `fresh` is the API's `new`, without a verdict so far.
enum class ProbeState : std::uint8_t { down, fresh, up };

/// A judged mail.
struct StatusMail {
    /// A verdict's label; free text if the daemon is a later one.
    std::string verdict;
    /// Seconds; only for delivered mails.
    std::optional<double> round_trip;
};

/// One probe; times are Unix seconds, durations seconds, texts free.
struct StatusProbe {
    std::string name;
    ProbeState state = ProbeState::fresh;
    std::optional<double> since;
    std::uint64_t pending = 0;
    std::uint64_t bad_streak = 0;
    std::optional<double> slo_latency;
    std::optional<double> last_round_trip;
    std::optional<double> last_uncertainty;
    /// delivered / mails of the last hour, day and 30 days; nothing without mails.
    std::optional<double> success_1h, success_24h, success_30d;
    /// Oldest first.
    std::vector<StatusMail> recent;
    /// Of the mail that was judged last; empty where it does not apply.
    std::string verdict, stage, cause;
};

/// All of it.
struct StatusAnswer {
    double now = 0;
    std::string version;
    std::string instance;
    bool journal_healthy = true;
    std::vector<StatusProbe> probes;
};

/// An answer, or what about it is not as the API's description has it.
struct ParsedStatus {
    std::optional<StatusAnswer> answer;
    std::string problem;
};

/// Reads the answer of `GET /api/v1/probes`. Never throws; fields it does not know are left alone.
[[nodiscard]] ParsedStatus parse_status(std::string_view json);

/// The text of an `Error` of the API, or nothing.
[[nodiscard]] std::string api_error(std::string_view json);

}  // namespace mailprobed
