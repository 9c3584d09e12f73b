// SPDX-License-Identifier: Apache-2.0
// `mailprobed status`: asks a running daemon how its probes do.
#pragma once

#include "daemon/http_get.hpp"
#include "daemon/options.hpp"

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

/// Prints the state of all probes, again and again with `watch`. 0: all up or new, 1: one is down,
/// 69: no answer that can be used.
[[nodiscard]] ExitStatus run_status(const Options& options);

}  // namespace mailprobed
