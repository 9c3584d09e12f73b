// SPDX-License-Identifier: Apache-2.0
// With which status a daemon ends that could not start: whether trying again may help decides.
#pragma once

#include "config/load/problem.hpp"
#include "daemon/service/exit_status.hpp"

#include <vector>

namespace mailprobed {

/// `config`, or `unavailable` if there are problems and trying again may end all of them.
[[nodiscard]] ExitStatus status_of(const std::vector<ConfigProblem>& problems) noexcept;

/// To be called where an exception is caught: tells it on standard error and returns the status.
[[nodiscard]] ExitStatus report_startup_error();

}  // namespace mailprobed
