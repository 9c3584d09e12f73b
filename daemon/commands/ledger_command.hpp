// SPDX-License-Identifier: Apache-2.0
// `mailprobed ledger`: the ledger for people and scripts, beside a running daemon.
#pragma once

#include "daemon/commands/options.hpp"

#include <string>

namespace mailprobed {

/// What only this command ends with.
enum class LedgerStatus : int {
    /// There is no such mail, or the ledger breaks a rule.
    problem = 1,
};

/// Carries out `options.ledger` on the ledger of `state_directory`; prints to standard output.
[[nodiscard]] ExitCode run_ledger(const std::string& state_directory, const Options& options);

}  // namespace mailprobed
