// SPDX-License-Identifier: Apache-2.0
// One observer that hands every fact to several.
#pragma once

#include "probes/monitor/observer.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace mailprobed {

/// Fans facts out, in the order of add(); the observers must outlive the list's use.
class ObserverList final : public Observer {
  public:
    /// Adds a listener.
    void add(Observer& observer) { observers_.push_back(&observer); }

    void mail_started(const MailStarted& fact) override {
        each([&fact](Observer& o) { o.mail_started(fact); });
    }
    void probe_restored(const ProbeRestored& fact) override {
        each([&fact](Observer& o) { o.probe_restored(fact); });
    }
    void attempt_refused(std::string_view probe, std::uint64_t mail, StageCause failure) override {
        each([=](Observer& o) { o.attempt_refused(probe, mail, failure); });
    }
    void stage_done(const StageDone& fact) override {
        each([&fact](Observer& o) { o.stage_done(fact); });
    }
    void mail_judged(const MailJudged& fact) override {
        each([&fact](Observer& o) { o.mail_judged(fact); });
    }
    void evidence_found(const EvidenceFound& fact) override {
        each([&fact](Observer& o) { o.evidence_found(fact); });
    }
    void pending_changed(const PendingState& fact) override {
        each([&fact](Observer& o) { o.pending_changed(fact); });
    }
    void probe_gone(std::string_view probe) override {
        each([=](Observer& o) { o.probe_gone(probe); });
    }
    void mailbox_gone(std::string_view mailbox) override {
        each([=](Observer& o) { o.mailbox_gone(mailbox); });
    }
    void tick_missed(std::string_view probe, MissReason reason, std::uint64_t count) override {
        each([=](Observer& o) { o.tick_missed(probe, reason, count); });
    }
    void look_done(const LookDone& fact) override {
        each([&fact](Observer& o) { o.look_done(fact); });
    }
    void tag_rejected(std::string_view mailbox, TagReject reason) override {
        each([=](Observer& o) { o.tag_rejected(mailbox, reason); });
    }
    void connected(std::string_view account, Protocol protocol, IpFamily family) override {
        each([=](Observer& o) { o.connected(account, protocol, family); });
    }
    void encrypted(std::string_view account, Protocol protocol, const TlsFacts& facts) override {
        each([=, &facts](Observer& o) { o.encrypted(account, protocol, facts); });
    }
    [[nodiscard]] bool wants_lines() const override { return any(&Observer::wants_lines); }
    [[nodiscard]] bool wants_records() const override { return any(&Observer::wants_records); }
    [[nodiscard]] bool wants_transcripts() const override {
        return any(&Observer::wants_transcripts);
    }
    void attempt_done(const AttemptDone& fact) override {
        each([&fact](Observer& o) { o.attempt_done(fact); });
    }
    void mail_watched(const MailWatched& fact) override {
        each([&fact](Observer& o) { o.mail_watched(fact); });
    }
    void transcript_line(std::string_view who_for, Protocol protocol, Speaker who,
                         std::string_view text) override {
        each([=](Observer& o) {
            if (o.wants_lines()) o.transcript_line(who_for, protocol, who, text);
        });
    }
    void look_stage_done(std::string_view mailbox, Stage stage, Duration took,
                         std::optional<Cause> cause) override {
        each([=](Observer& o) { o.look_stage_done(mailbox, stage, took, cause); });
    }
    void internal_error(std::string_view where, std::string_view what) override {
        each([=](Observer& o) { o.internal_error(where, what); });
    }

  private:
    template <class Call>
    void each(Call call) {
        for (Observer* observer : observers_)
            call(*observer);
    }

    [[nodiscard]] bool any(bool (Observer::*wants)() const) const {
        return std::ranges::any_of(observers_,
                                   [wants](const Observer* o) { return (o->*wants)(); });
    }

    std::vector<Observer*> observers_;
};

}  // namespace mailprobed
