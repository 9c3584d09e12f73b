// SPDX-License-Identifier: Apache-2.0
// The state of all probes as lines of text: one sentence and a table, worst first. Pure.
#pragma once

#include "daemon/commands/status_answer.hpp"
#include "daemon/commands/terminal.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mailprobed {

/// "all 12 routes deliver", or how many and which do not.
[[nodiscard]] std::string status_sentence(const StatusAnswer& answer, const TextStyle& style);

/// A heading and a line for each probe, worst first; columns that do not fit the width shrink, then
/// go, the least telling first. Empty without probes.
[[nodiscard]] std::vector<std::string> status_table(const StatusAnswer& answer,
                                                    const TextStyle& style);

/// Whether some probe is down.
[[nodiscard]] bool any_down(const StatusAnswer& answer) noexcept;

/// The probes from the worst to the best: down, longest streak first; without a verdict; up, lowest
/// success first.
[[nodiscard]] std::vector<const StatusProbe*> worst_first(const StatusAnswer& answer);

/// Why a probe is down: the stage and cause of sending, else the verdict; "auth: auth_rejected",
/// "lost".
[[nodiscard]] std::string why(const StatusProbe& probe);

/// The newest `most` mails as one character each: the median's round trip has half the height, what
/// was not delivered is a cross, what could not be observed a question mark.
[[nodiscard]] std::string sparkline(const std::vector<StatusMail>& mails, std::size_t most,
                                    const TextStyle& style);

/// A length of time for people, two units at most: "42s", "5m", "2h05m", "3d04h".
[[nodiscard]] std::string short_age(double seconds);

/// A ratio as a percentage that says 100% and 0% only where that is exact.
[[nodiscard]] std::string percentage(std::optional<double> ratio);

}  // namespace mailprobed
