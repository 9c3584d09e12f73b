// SPDX-License-Identifier: Apache-2.0
// A word beside the ledger that tells when an older copy of it was put in its place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace mailprobed {

/// How far the ledger had come.
struct LedgerMark {
    /// What tags of the last run said.
    std::uint32_t run = 0;
    /// How often it had read the clocks.
    std::uint64_t readings = 0;
};

/// The mark of `state_directory`; nothing if there is none that can be read.
[[nodiscard]] std::optional<LedgerMark> read_ledger_mark(const std::string& state_directory);

/// Replaces it, after the ledger has what it says. A disk that refuses is not told: the ledger's
/// own trouble is.
void write_ledger_mark(const std::string& state_directory, const LedgerMark& mark) noexcept;

}  // namespace mailprobed
