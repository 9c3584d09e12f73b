// SPDX-License-Identifier: Apache-2.0
// The observer that remembers, for people, how each mail fared: its stages, its looks, its words.
#pragma once

#include "daemon/store/detail_record.hpp"
#include "probes/domain/settings/settings.hpp"
#include "probes/monitor/observer.hpp"

#include <functional>

namespace mailprobed {

/// Turns facts into details of the ledger.
class History final
    : public Sink<History, MailStarted, ProbeRestored, AttemptRefused, StageDone, EvidenceFound,
                  PendingState, TickMissed, LookDone, LookStageDone, TagRejected, Connected,
                  Encrypted, ProbeGone, MailboxGone, TranscriptLine, InternalError> {
  public:
    /// Where details go.
    using Keep = std::function<void(DetailRecord)>;

    /// Takes its times from `settings`, once.
    History(const Settings& settings, Keep keep);

    [[nodiscard]] Interest interest() const override {
        return {.records = true, .transcripts = transcripts_};
    }
    void take(const AttemptDone& fact);
    void take(const MailJudged& fact);
    void take(const MailWatched& fact);

  private:
    Duration details_;
    Duration history_;
    bool transcripts_;
    Keep keep_;
};

}  // namespace mailprobed
