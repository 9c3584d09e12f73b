// SPDX-License-Identifier: Apache-2.0
// What the process says of itself, with the effect and the remedy.
#pragma once

#include "config/load/problem.hpp"
#include "daemon/log/log.hpp"

#include <exception>
#include <string>
#include <vector>

namespace mailprobed {

/// The journal began to fail, for the reason `why`, or works again.
void log_journal_state(Log& log, bool healthy, const std::string& why);
/// The file of --web.config.file changed: taken (no problems) or refused.
void log_web_config(Log& log, const std::vector<ConfigProblem>& problems);
/// Something was thrown that should not have been.
void log_bug(Log& log, const std::exception_ptr& error);

}  // namespace mailprobed
