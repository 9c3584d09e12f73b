// SPDX-License-Identifier: Apache-2.0
// Runs a program that prints a password.
#pragma once

#include "probes/base/secret.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace mailprobed {

/// What a program printed, or why that cannot be used.
struct CommandResult {
    Secret output;
    /// "exited with status 2" and the like; empty if all went well.
    std::string failure;
};

/// Runs `arguments` (the first is the program, looked up in $PATH) without a shell, with nothing on
/// standard input and standard error thrown away, for at most `limit`; then it is killed with all
/// processes of its group. Blocks.
[[nodiscard]] CommandResult run_command(const std::vector<std::string>& arguments,
                                        std::chrono::milliseconds limit);

}  // namespace mailprobed
