// SPDX-License-Identifier: Apache-2.0
// `mailprobed status`: asks a running daemon how its probes do.
#pragma once

#include "daemon/commands/options.hpp"
#include "daemon/http/client.hpp"

#include <string>

namespace mailprobed {

/// Where the daemon is, or why that cannot be told.
struct DaemonPlace {
    std::optional<HttpUrl> url;
    /// For the end of the program, if there is no `url`.
    ExitStatus status = ExitStatus::ok;
    std::string problem;
};

/// `--url`, else the first `web.listen` of the configuration (of a wildcard its loopback address),
/// else the default.
[[nodiscard]] DaemonPlace daemon_place(const Options& options);

/// What only this command ends with.
enum class ProbesStatus : int {
    /// At least one probe is down.
    down = 1,
};

/// Prints the state of all probes, again and again with `watch`. 0: all up or new, 1: one is down,
/// 69: no answer that can be used.
[[nodiscard]] ExitCode run_status(const Options& options);

}  // namespace mailprobed
