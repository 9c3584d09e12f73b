// SPDX-License-Identifier: Apache-2.0
// Tells the log what happened to mails and mailboxes.
#pragma once

#include "daemon/log/log.hpp"
#include "probes/monitor/observer.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace mailprobed {

/// Writes facts as events; a mailbox that keeps failing alike is told once per kRepeatEvery.
class LogObserver final : public Observer {
  public:
    /// Least time between two lines about the same failure of one mailbox.
    static constexpr std::chrono::minutes kRepeatEvery{10};

    explicit LogObserver(Log& log) : log_(log) {}

    void probe_restored(const ProbeRestored& fact) override;
    void attempt_refused(std::string_view probe, std::uint64_t mail, StageCause failure) override;
    void mail_started(const MailStarted& fact) override;
    void stage_done(const StageDone& fact) override;
    void mail_judged(const MailJudged& fact) override;
    void evidence_found(const EvidenceFound& fact) override;
    void probe_gone(std::string_view probe) override;
    void mailbox_gone(std::string_view mailbox) override;
    void tick_missed(std::string_view probe, MissReason reason, std::uint64_t count) override;
    void look_done(const LookDone& fact) override;
    void tag_rejected(std::string_view mailbox, TagReject reason) override;
    void connected(std::string_view account, Protocol protocol, IpFamily family) override;
    void encrypted(std::string_view account, Protocol protocol, const TlsFacts& facts) override;
    [[nodiscard]] bool wants_lines() const override { return log_.enabled(LogLevel::trace); }
    void transcript_line(std::string_view who_for, Protocol protocol, Speaker who,
                         std::string_view text) override;
    void look_stage_done(std::string_view mailbox, Stage stage, Duration took,
                         std::optional<Cause> cause) override;
    void internal_error(std::string_view where, std::string_view what) override;

  private:
    /// A mailbox in trouble: what was told last, and what was kept quiet since.
    struct Trouble {
        StageCause failure{};
        WallTime told_at;
        std::uint64_t quiet = 0;
        std::uint64_t looks = 0;
    };

    void look_failed(const LookDone& fact, StageCause failure);

    Log& log_;
    std::map<std::string, Trouble, std::less<>> troubles_;
};

}  // namespace mailprobed
