// SPDX-License-Identifier: Apache-2.0
// Count and sum of observations: what a Prometheus summary without quantiles says, in 56 bytes;
// prometheus-cpp's own keeps 20 KB of sample buffers for each.
#pragma once

#include <prometheus/labels.h>
#include <prometheus/metric_family.h>

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>

namespace mailprobed {

/// How often and how much in total.
class PlainSummary {
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

/// All summaries of one name. add() at start-up only; the rest from any thread.
class SummaryFamily {
  public:
    SummaryFamily(std::string name, std::string help);

    /// A new summary at 0; it lives as long as the family.
    PlainSummary& add(const prometheus::Labels& labels);
    /// What the serialiser takes.
    [[nodiscard]] prometheus::MetricFamily collect() const;

  private:
    struct Member {
        prometheus::Labels labels;
        PlainSummary summary;
    };

    std::string name_;
    std::string help_;
    std::deque<Member> members_;
};

}  // namespace mailprobed
