// SPDX-License-Identifier: Apache-2.0
// The rows of runs: the clocks that instants are converted by, and what tags say of a run.
#pragma once

#include "daemon/store/writer.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <soci/soci.h>
#include <vector>

namespace mailprobed {

/// The row of the present run.
class LedgerRun {
  public:
    /// Enters a run that begins at `start`.
    LedgerRun(soci::session& sql, const ClockReading& start, std::uint32_t tag_run);

    /// Its number in the ledger.
    [[nodiscard]] long long run() const noexcept { return number_; }
    /// Records that the clocks were read.
    void read(const ClockRecord& clocks);
    /// How often the clocks were read.
    [[nodiscard]] std::uint64_t readings() const noexcept {
        return static_cast<std::uint64_t>(readings_);
    }

  private:
    long long number_ = 0;
    long long boot_ = 0;
    long long wall_ = 0;
    long long readings_ = 1;
    std::optional<soci::statement> update_;
};

/// What turns instants of one run into instants of now.
struct Conversion {
    Duration shift{};
    /// The instants are of this boot, as far as can be known, and stay as they are.
    bool same_boot = false;
    /// The wall clock was not set since.
    bool steady = false;
    /// Nothing turns them: the wall clock is behind what the ledger knows.
    bool impossible = false;

    [[nodiscard]] Instant operator()(long long at) const noexcept {
        return Instant{Duration{at} + shift};
    }
};

/// The conversions of all runs but `own`, by number.
[[nodiscard]] std::map<long long, Conversion> conversions(soci::session& sql,
                                                          const ClockReading& now, long long own);

/// What the wall clock said last of all runs but `own`.
[[nodiscard]] std::optional<WallTime> newest_reading(soci::session& sql, long long own);

/// All runs but `own`.
[[nodiscard]] std::vector<RestoredRun> load_runs(soci::session& sql, long long own);

/// True if the ledger knows that a run read the clocks so often.
[[nodiscard]] bool knows_reading(soci::session& sql, std::uint32_t tag_run, std::uint64_t readings);

}  // namespace mailprobed
