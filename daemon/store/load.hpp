// SPDX-License-Identifier: Apache-2.0
// Reads back what an earlier run wrote, on the clocks of this one.
#pragma once

#include "daemon/store/writer.hpp"

#include <soci/soci.h>
#include <vector>

namespace mailprobed {

/// The gauges of all probes.
[[nodiscard]] std::vector<RestoredProbe> load_probes(soci::session& sql);

/// Everything but of run `own_run`; `now` gives the boot clock that instants are converted to.
[[nodiscard]] RestoredState load_all(soci::session& sql, const ClockReading& now, Duration evidence,
                                     long long own_run);

/// The same of the ledger at `path`, without writing to it: the disk may be full. Throws.
[[nodiscard]] RestoredState load_unwritten(const std::string& path, const ClockReading& now,
                                           Duration evidence);

}  // namespace mailprobed
