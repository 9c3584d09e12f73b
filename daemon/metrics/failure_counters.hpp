// SPDX-License-Identifier: Apache-2.0
// The counters of one probe's or mailbox's failures: one for each (stage, cause) that can happen.
#pragma once

#include "daemon/metrics/metric_store.hpp"
#include "probes/domain/outcome/failure.hpp"

#include <utility>
#include <vector>

namespace mailprobed {

/// Counts failures under the pairs of the table; anything else is a bug of ours and counted as
/// cause `internal` of its stage, in a series that exists only from then on.
class FailureCounters {
  public:
    /// `owner` holds the labels that all of them share; `series` outlives this.
    FailureCounters(SeriesSet& series, CounterFamily& family, const prometheus::Labels& owner,
                    Side side, TlsMode mode);

    /// Counts one failure.
    void count(StageCause pair);

  private:
    prometheus::Counter* find(StageCause pair) noexcept;
    prometheus::Counter& add(StageCause pair);

    SeriesSet& series_;
    CounterFamily& family_;
    prometheus::Labels owner_;
    Side side_;
    std::vector<std::pair<StageCause, prometheus::Counter*>> counters_;
};

}  // namespace mailprobed
