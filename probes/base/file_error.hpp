// SPDX-License-Identifier: Apache-2.0
// Failed operations on files: what an edit must mend, and what may pass by itself.
#pragma once

#include <stdexcept>
#include <string>

namespace mailprobed {

/// What only an edit can mend: of the configuration, of the unit, or of whose a file is.
class SetupError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Throws `what` for a file operation that failed with `error` (of errno): as SetupError if the
/// path or its permissions are wrong, else, for it may pass, as std::runtime_error.
[[noreturn]] void throw_file_error(const std::string& what, int error);

}  // namespace mailprobed
