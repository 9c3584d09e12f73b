// SPDX-License-Identifier: Apache-2.0
// Count and sum of observations: what a Prometheus summary without quantiles says, in 56 bytes;
// prometheus-cpp's own keeps 20 KB of sample buffers for each.
#pragma once

#include <prometheus/labels.h>
#include <prometheus/metric_family.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace mailprobed {

/// How often and how much in total.
class SumAndCount {
  public:
    /// Counts one observation.
    void observe(double value);
    /// Both numbers of one moment.
    [[nodiscard]] prometheus::ClientMetric::Summary read() const;

  private:
    mutable std::mutex mutex_;
    std::uint64_t count_ = 0;
    double sum_ = 0;
};

/// All summaries of one name; usable from any thread.
class SummaryFamily {
  public:
    SummaryFamily(std::string name, std::string help);

    /// The summary with these labels, at 0 if it is new; it lives until remove().
    SumAndCount& add(const prometheus::Labels& labels);
    /// Ends a summary that add() gave.
    void remove(const SumAndCount* summary);
    /// What the serialiser takes.
    [[nodiscard]] prometheus::MetricFamily collect() const;

  private:
    std::string name_;
    std::string help_;
    mutable std::mutex mutex_;
    std::map<prometheus::Labels, SumAndCount> members_;
};

}  // namespace mailprobed
