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
class Metrics final : public Observer {
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

    void probe_restored(const ProbeRestored& fact) override;
    void attempt_refused(std::string_view probe, std::uint64_t mail, StageCause failure) override;
    void mail_started(const MailStarted& fact) override;
    void stage_done(const StageDone& fact) override;
    void mail_judged(const MailJudged& fact) override;
    void evidence_found(const EvidenceFound& fact) override;
    void pending_changed(const PendingState& fact) override;
    void tick_missed(std::string_view probe, MissReason reason, std::uint64_t count) override;
    void probe_gone(std::string_view probe) override;
    void mailbox_gone(std::string_view mailbox) override;
    void look_done(const LookDone& fact) override;
    void tag_rejected(std::string_view mailbox, TagReject reason) override;
    void connected(std::string_view account, Protocol protocol, IpFamily family) override;
    void encrypted(std::string_view account, Protocol protocol, const TlsFacts& facts) override;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mailprobed
