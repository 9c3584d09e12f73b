// SPDX-License-Identifier: Apache-2.0
// The series of one mailbox.
#pragma once

#include "daemon/metrics/failure_counters.hpp"
#include "daemon/metrics/metric_store.hpp"
#include "probes/domain/outcome/verdict.hpp"
#include "probes/domain/settings/settings.hpp"
#include "probes/monitor/observer.hpp"

#include <array>
#include <string>

namespace mailprobed {

/// The families whose members carry the label `mailbox`.
struct MailboxFamilies {
    explicit MailboxFamilies(MetricStore& store);

    CounterFamily& looks;
    CounterFamily& complete_looks;
    CounterFamily& deleted;
    CounterFamily& came_again;
    GaugeFamily& left;
    CounterFamily& failures;
    CounterFamily& tags_rejected;
    GaugeFamily& messages;
    GaugeFamily& look_interval;
    GaugeFamily& logins_left;
    GaugeFamily& clock_ahead;
    GaugeFamily& last_complete_look;
    SummaryFamily& look_seconds;
};

/// One mailbox's series, all of them made in the constructor.
class MailboxMetrics {
  public:
    /// `name` is the first account that uses the mailbox.
    MailboxMetrics(MailboxFamilies& families, const std::string& name,
                   const MailboxSettings& settings);

    MailboxMetrics(const MailboxMetrics&) = delete;
    MailboxMetrics& operator=(const MailboxMetrics&) = delete;
    ~MailboxMetrics() = default;

    /// Takes the place of `earlier`, made with the settings before: what both have goes on.
    void replace(MailboxMetrics& earlier) { series_.replace(earlier.series_); }
    /// Ends all series; nothing else may be called afterwards.
    void remove() { series_.remove(); }

    void look_done(const LookDone& fact);
    void tag_rejected(TagReject reason);

  private:
    prometheus::Labels labels_;
    SeriesSet series_;
    prometheus::Counter& looks_;
    prometheus::Counter& complete_looks_;
    prometheus::Counter& deleted_;
    prometheus::Counter& came_again_;
    prometheus::Gauge& left_;
    FailureCounters failures_;
    std::array<prometheus::Counter*, kTagRejects.size()> tags_rejected_{};
    prometheus::Gauge& messages_;
    prometheus::Gauge& look_interval_;
    /// Null without a budget.
    prometheus::Gauge* logins_left_ = nullptr;
    prometheus::Gauge& clock_ahead_;
    prometheus::Gauge& last_complete_look_;
    SumAndCount& look_seconds_;
};

}  // namespace mailprobed
