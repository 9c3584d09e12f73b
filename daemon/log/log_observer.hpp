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
class LogObserver final : public Sink<LogObserver, PendingState, AttemptDone, MailWatched> {
  public:
    /// Least time between two lines about the same failure of one mailbox.
    static constexpr std::chrono::minutes kRepeatEvery{10};

    explicit LogObserver(Log& log) : log_(log) {}

    void take(const ProbeRestored& fact);
    void take(const AttemptRefused& fact);
    void take(const MailStarted& fact);
    void take(const StageDone& fact);
    void take(const MailJudged& fact);
    void take(const EvidenceFound& fact);
    void take(const ProbeGone& fact);
    void take(const MailboxGone& fact);
    void take(const TickMissed& fact);
    void take(const LookDone& fact);
    void take(const TagRejected& fact);
    void take(const Connected& fact);
    void take(const Encrypted& fact);
    [[nodiscard]] Interest interest() const override {
        return {.lines = log_.enabled(LogLevel::trace)};
    }
    void take(const TranscriptLine& fact);
    void take(const LookStageDone& fact);
    void take(const InternalError& fact);

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
