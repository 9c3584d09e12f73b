// SPDX-License-Identifier: Apache-2.0
// `mailprobed once PROBE`: one mail, watched by a person or asked for by a check.
#pragma once

#include "daemon/commands/options.hpp"

namespace mailprobed {

/// What only this command ends with; with `nagios` CheckStatus.
enum class OnceStatus : int { delivered = 0, not_delivered = 1 };

/// Reads the configuration, sends one mail of `options.probe`, waits for its verdict and prints it;
/// with `transcript`, prints every line of both conversations as it goes; with `nagios`, exactly
/// one line whatever happens. Takes a random instance id, so that a running daemon and this mail
/// leave each other alone.
[[nodiscard]] ExitCode run_once(const Options& options);

}  // namespace mailprobed
