// SPDX-License-Identifier: Apache-2.0
// `mailprobed once PROBE`: one mail, watched by a person.
#pragma once

#include "daemon/options.hpp"
#include "probes/domain/settings.hpp"

#include <string>

namespace mailprobed {

/// Sends one mail of `probe`, waits for its verdict and prints it; with `transcript`, prints every
/// line of both conversations as it goes. Takes a random instance id, so that a running daemon and
/// this mail leave each other alone.
[[nodiscard]] ExitStatus run_once(Settings settings, const std::string& probe, bool transcript);

}  // namespace mailprobed
