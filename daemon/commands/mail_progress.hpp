// SPDX-License-Identifier: Apache-2.0
// What a person who waits for `once` wants to know: how far the one mail is.
#pragma once

#include "probes/monitor/observer.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// Follows one mail of one probe.
class MailProgress final
    : public Sink<MailProgress, MailStarted, ProbeRestored, MailJudged, EvidenceFound, PendingState,
                  TickMissed, TagRejected, Connected, Encrypted, ProbeGone, MailboxGone,
                  TranscriptLine, AttemptDone, MailWatched, InternalError> {
  public:
    /// `tls` of the sending half; times are those of the caller's clock. Looks into the mailbox of
    /// account `sender`, where only reports of non-delivery come, are not told.
    MailProgress(std::string probe, TlsMode tls, Duration deadline, Instant start,
                 std::string sender = {});

    void take(const StageDone& fact);
    void take(const AttemptRefused& fact);
    void take(const LookDone& fact);
    void take(const LookStageDone& fact);

    /// The state of things, one line without its end: "qq-self: waiting: 12 s of 300 s, 3 looks,
    /// next in 4 s". `next_look` is when the next one is planned, if one is.
    [[nodiscard]] std::string line(Instant now, std::optional<Instant> next_look) const;
    /// The same for a sentence after the process was told to end: what became of the mail.
    [[nodiscard]] std::string fate() const;

  private:
    enum class Phase : std::uint8_t { sending, refused, waiting, failed };

    std::string probe_;
    std::string sender_;
    Duration deadline_;
    Instant start_;
    std::vector<Stage> stages_;
    Phase phase_ = Phase::sending;
    /// The stage that is probably under way: the one after the last that ended.
    std::size_t stage_ = 0;
    bool unconfirmed_ = false;
    std::optional<StageCause> failure_;
    std::uint64_t looks_ = 0;
    bool looking_ = false;
    std::optional<StageCause> look_failure_;
};

}  // namespace mailprobed
