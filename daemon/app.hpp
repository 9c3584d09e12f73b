// SPDX-License-Identifier: Apache-2.0
// The process: what main() does once it knows what is asked.
#pragma once

#include "daemon/commands/options.hpp"

namespace mailprobed {

/// Carries out the command line; messages go to standard output and standard error.
[[nodiscard]] ExitCode run_app(const Options& options);

}  // namespace mailprobed
