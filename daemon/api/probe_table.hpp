// SPDX-License-Identifier: Apache-2.0
// The last verdict of every probe, for people: the landing page shows it.
#pragma once

#include "probes/domain/settings/settings.hpp"
#include "probes/monitor/observer.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mailprobed {

/// What is known of one probe.
struct ProbeRow {
    std::string name;
    std::string from;
    std::string to;
    std::uint64_t started = 0;
    std::uint64_t delivered = 0;
    std::uint64_t pending = 0;
    /// Empty before the first verdict.
    std::optional<Verdict> verdict;
    std::optional<WallTime> at;
    /// Start of the oldest mail without a verdict.
    std::optional<WallTime> oldest_pending;
    /// With what earlier runs left of it.
    ProbeHistory history;
    Duration interval{}, deadline{};
    std::optional<Duration> slo_latency;
    std::map<std::string, std::string> labels;
};

/// Remembers the last verdict of each probe, in the order of the configuration.
class ProbeTable final
    : public Sink<ProbeTable, AttemptRefused, StageDone, EvidenceFound, TickMissed, LookDone,
                  LookStageDone, TagRejected, Connected, Encrypted, ProbeGone, MailboxGone,
                  TranscriptLine, AttemptDone, MailWatched, InternalError> {
  public:
    explicit ProbeTable(const Settings& settings);

    /// All probes.
    [[nodiscard]] const std::vector<ProbeRow>& rows() const noexcept { return rows_; }

    /// Goes on with the probes of `settings`, in their order.
    void reconfigure(const Settings& settings);

    void take(const ProbeRestored& fact);
    void take(const MailStarted& fact);
    void take(const MailJudged& fact);
    void take(const PendingState& fact);

  private:
    ProbeRow* find(std::string_view probe);

    std::vector<ProbeRow> rows_;
    std::map<std::string, std::size_t, std::less<>> index_;
};

/// "12 probes, 3 mails pending; last verdicts: 10 delivered, 1 lost; 1 probe without a verdict"
[[nodiscard]] std::string status_line(const std::vector<ProbeRow>& rows);

}  // namespace mailprobed
