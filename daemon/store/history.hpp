// SPDX-License-Identifier: Apache-2.0
// The observer that remembers, for people, how each mail fared: its stages, its looks, its words.
#pragma once

#include "daemon/store/detail_record.hpp"
#include "probes/domain/settings/settings.hpp"
#include "probes/monitor/observer.hpp"

#include <functional>

namespace mailprobed {

/// Turns facts into details of the ledger.
class History final : public Observer {
  public:
    /// Where details go.
    using Keep = std::function<void(DetailRecord)>;

    /// Takes its times from `settings`, once.
    History(const Settings& settings, Keep keep);

    [[nodiscard]] bool wants_records() const override { return true; }
    [[nodiscard]] bool wants_transcripts() const override { return transcripts_; }
    void attempt_done(const AttemptDone& fact) override;
    void mail_judged(const MailJudged& fact) override;
    void mail_watched(const MailWatched& fact) override;

  private:
    Duration details_;
    Duration history_;
    bool transcripts_;
    Keep keep_;
};

}  // namespace mailprobed
