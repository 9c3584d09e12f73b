// SPDX-License-Identifier: Apache-2.0
// The series of one probe.
#pragma once

#include "daemon/metrics/failure_counters.hpp"
#include "daemon/metrics/metric_store.hpp"
#include "probes/domain/outcome/verdict.hpp"
#include "probes/domain/settings/settings.hpp"
#include "probes/monitor/observer.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace mailprobed {

/// The families whose members carry the label `probe`.
struct ProbeFamilies {
    explicit ProbeFamilies(MetricStore& store);

    MailCountsFamily& mails;
    CounterFamily& retries;
    CounterFamily& bounces;
    CounterFamily& send_failures;
    CounterFamily& after_verdict;
    CounterFamily& altered_mails;
    CounterFamily& unmeasured_mails;
    CounterFamily& deadline_uncertain;
    CounterFamily& slo_good;
    CounterFamily& ticks_missed;
    HistogramFamily& round_trip;
    SummaryFamily& delivery;
    SummaryFamily& late;
    SummaryFamily& start_lag;
    SummaryFamily& stage_seconds;
    GaugeFamily& transit;
    GaugeFamily& authentication;
    GaugeFamily& last_round_trip;
    GaugeFamily& last_uncertainty;
    GaugeFamily& probe_up;
    GaugeFamily& bad_streak;
    GaugeFamily& recent_bad;
    GaugeFamily& oldest_pending;
    GaugeFamily& last_started;
    GaugeFamily& last_delivered;
    GaugeFamily& last_verdict;
    GaugeFamily& interval;
    GaugeFamily& deadline;
    GaugeFamily& slo_latency;
    GaugeFamily& info;
};

/// One probe's series, all of them made in the constructor.
class ProbeMetrics {
  public:
    /// `from` sends and `to` receives, either may be null in tests; `mailbox` is the name that the
    /// mailbox of `to` has in other series.
    ProbeMetrics(ProbeFamilies& families, const ProbeSettings& probe, const AccountSettings* from,
                 const AccountSettings* to, std::string_view mailbox);

    ProbeMetrics(const ProbeMetrics&) = delete;
    ProbeMetrics& operator=(const ProbeMetrics&) = delete;
    ~ProbeMetrics() = default;

    /// Takes the place of `earlier`, made with the settings before: what both have goes on.
    void replace(ProbeMetrics& earlier);
    /// Ends all series; nothing else may be called afterwards.
    void remove();

    void restored(const ProbeRestored& fact);
    void attempt_refused();
    void mail_started(const MailStarted& fact);
    void stage_done(const StageDone& fact);
    void mail_judged(const MailJudged& fact);
    void evidence_found(const EvidenceFound& fact);
    void pending_changed(const PendingState& fact);
    void tick_missed(MissReason reason, std::uint64_t count);

  private:
    void add_optional(ProbeFamilies& families, const ProbeSettings& probe,
                      const AccountSettings* from, const AccountSettings* to);
    void delivered(const MailJudged& fact);
    void show_history();

    double slo_latency_;
    prometheus::Labels labels_;
    SeriesSet series_;
    MailCounts& mails_;
    /// Null where the configuration does not call for them.
    prometheus::Counter* retries_ = nullptr;
    std::array<prometheus::Counter*, kStatusClasses.size()> bounces_{};
    std::array<prometheus::Gauge*, 3> authentication_{};
    FailureCounters send_failures_;
    std::array<prometheus::Counter*, kEvidences.size()> after_verdict_{};
    prometheus::Counter& altered_mails_;
    prometheus::Counter& unmeasured_mails_;
    prometheus::Counter& deadline_uncertain_;
    prometheus::Counter& slo_good_;
    std::array<prometheus::Counter*, kMissReasons.size()> ticks_missed_{};
    prometheus::Histogram& round_trip_;
    SumAndCount& delivery_;
    SumAndCount& late_;
    SumAndCount& start_lag_;
    std::vector<std::pair<Stage, SumAndCount*>> stage_seconds_;
    prometheus::Gauge& transit_;
    prometheus::Gauge& last_round_trip_;
    prometheus::Gauge& last_uncertainty_;
    prometheus::Gauge& probe_up_;
    prometheus::Gauge& bad_streak_;
    prometheus::Gauge& recent_bad_;
    prometheus::Gauge& oldest_pending_;
    prometheus::Gauge& last_started_;
    prometheus::Gauge& last_delivered_;
    prometheus::Gauge& last_verdict_;
    ProbeHistory history_;
};

/// A moment as Prometheus writes it: Unix seconds.
[[nodiscard]] double unix_seconds(WallTime at) noexcept;

}  // namespace mailprobed
