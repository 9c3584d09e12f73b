// SPDX-License-Identifier: Apache-2.0
// Tells when the wall clock was set, and when its word may be taken for something final.
#pragma once

#include "probes/base/time.hpp"

#include <optional>

namespace mailprobed {

/// Compares readings of the wall clock with the boot clock, which never steps.
class WallWatch {
  public:
    /// A clock that was set differs by more than this; what is less is kept in step by slewing.
    static constexpr std::chrono::seconds kStep{1};
    /// How long a clock must have gone unset before anything is deleted on its word.
    static constexpr std::chrono::minutes kTrust{5};

    /// Takes a reading of both clocks; returns by how much the wall clock was set since the last.
    std::optional<Duration> read(Instant boot, WallTime wall);
    /// The last reading of the wall clock, if it went unset for long enough.
    [[nodiscard]] std::optional<WallTime> sure() const;

  private:
    std::optional<Duration> offset_;
    Instant since_, last_;
};

}  // namespace mailprobed
