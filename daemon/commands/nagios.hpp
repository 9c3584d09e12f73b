// SPDX-License-Identifier: Apache-2.0
// One line and an exit status for Nagios, Icinga and what speaks their language (Monitoring Plugins
// Development Guidelines). Pure but for end_as_unknown().
#pragma once

#include "probes/base/time.hpp"
#include "probes/domain/outcome/failure.hpp"
#include "probes/domain/outcome/verdict.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mailprobed {

/// What one `once` found out.
struct CheckFacts {
    std::string probe;
    Verdict verdict = Verdict::lost;
    /// For send_failed.
    std::optional<StageCause> failure;
    /// What a server said last; free text.
    std::string detail;
    /// For delivered.
    Duration round_trip{}, uncertainty{}, delivery{};
    BodyState body = BodyState::unread;
    /// For delivered: it was removed from the mailbox.
    bool removed = true;
    /// For delivered: it came more than once.
    bool duplicated = false;
    /// Thresholds of the perfdata.
    Duration slo_latency{}, deadline{};
    /// Times of the submission and of the last look, if there were any.
    std::optional<Duration> smtp, mailbox;
    std::uint64_t looks = 0;
    /// How the last look failed, if it did.
    std::optional<StageCause> look_failure;
};

/// The statuses of the Monitoring Plugins.
enum class CheckStatus : int { ok = 0, warning = 1, critical = 2, unknown = 3 };

/// A line without its line end, and the status that goes with it.
struct CheckResult {
    CheckStatus status = CheckStatus::unknown;
    std::string line;
};

/// OK: delivered within slo_latency. WARNING: slower, altered, come twice, not removed. CRITICAL:
/// send_failed, bounced, lost. UNKNOWN: unobserved, and what is a bug of ours.
[[nodiscard]] CheckResult check_result(const CheckFacts& facts);

/// The line for when nothing can be said, and why; free text.
[[nodiscard]] std::string check_unknown(std::string_view why);

/// Until further notice SIGTERM, SIGINT and SIGALRM end the process with a line that says UNKNOWN:
/// a scheduler that loses patience kills, and should have more to show than that.
void end_as_unknown();

}  // namespace mailprobed
