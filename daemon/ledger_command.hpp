// SPDX-License-Identifier: Apache-2.0
// `mailprobed ledger`: the ledger for people and scripts, beside a running daemon.
#pragma once

#include "daemon/options.hpp"

#include <string>

namespace mailprobed {

/// Carries out `options.ledger` on the ledger of `state_directory`; prints to standard output.
[[nodiscard]] ExitStatus run_ledger(const std::string& state_directory, const Options& options);

}  // namespace mailprobed
