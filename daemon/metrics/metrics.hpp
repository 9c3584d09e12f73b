// SPDX-License-Identifier: Apache-2.0
// All metrics of the daemon as one observer; README.md of this folder lists every series.
#pragma once

#include "probes/domain/settings/settings.hpp"
#include "probes/monitor/observer.hpp"

#include <memory>
#include <string>

namespace mailprobed {

/// Turns facts into Prometheus series. Facts come from the event loop; render() may run on
/// another thread at the same time.
class Metrics final
    : public Sink<Metrics, LookStageDone, TranscriptLine, AttemptDone, MailWatched, InternalError> {
  public:
    /// Makes every series that `settings` calls for, with value 0.
    explicit Metrics(const Settings& settings);
    ~Metrics() override;

    /// All series in Prometheus's text format, version 0.0.4.
    [[nodiscard]] std::string render() const;

    /// Makes the series that `settings` calls for besides those there are: what both have goes on,
    /// and removed probes and mailboxes keep theirs until they are gone.
    void reconfigure(const Settings& settings);
    /// A reload ended; the start counts as a first that worked.
    void reloaded(bool successful, WallTime at);
    /// The journal works, or does not.
    void journal_healthy(bool healthy);

    void take(const ProbeRestored& fact);
    void take(const AttemptRefused& fact);
    void take(const MailStarted& fact);
    void take(const StageDone& fact);
    void take(const MailJudged& fact);
    void take(const EvidenceFound& fact);
    void take(const PendingState& fact);
    void take(const TickMissed& fact);
    void take(const ProbeGone& fact);
    void take(const MailboxGone& fact);
    void take(const LookDone& fact);
    void take(const TagRejected& fact);
    void take(const Connected& fact);
    void take(const Encrypted& fact);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mailprobed
