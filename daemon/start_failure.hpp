// SPDX-License-Identifier: Apache-2.0
// With which status a daemon ends that could not start: whether trying again may help decides.
#pragma once

#include "config/problem.hpp"
#include "daemon/options.hpp"

#include <stdexcept>
#include <string>
#include <vector>

namespace mailprobed {

/// What only an edit can mend: of the configuration, of the unit, or of whose a file is.
class SetupError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Throws `what` for a file operation that failed with `error` (of errno): as SetupError if the
/// path or its permissions are wrong, else, for it may pass, as std::runtime_error.
[[noreturn]] void throw_file_error(const std::string& what, int error);

/// `config`, or `unavailable` if there are problems and trying again may end all of them.
[[nodiscard]] ExitStatus status_of(const std::vector<ConfigProblem>& problems) noexcept;

/// To be called where an exception is caught: tells it on standard error and returns the status.
[[nodiscard]] ExitStatus tell_start_failure();

}  // namespace mailprobed
