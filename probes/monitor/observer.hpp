// SPDX-License-Identifier: Apache-2.0
// The one interface through which facts leave probes/: metrics, log and history implement it.
#pragma once

#include "probes/base/time.hpp"
#include "probes/domain/identity/bounce.hpp"
#include "probes/domain/ledger/judgement.hpp"
#include "probes/domain/ledger/probe_history.hpp"
#include "probes/domain/outcome/failure.hpp"
#include "probes/domain/outcome/verdict.hpp"
#include "probes/domain/settings/settings.hpp"
#include "probes/net/channel.hpp"
#include "probes/session/recorder.hpp"
#include "probes/session/trace.hpp"
#include "probes/wire/message/authentication_results.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace mailprobed {

/// A mail entered the ledger.
struct MailStarted {
    std::string_view probe;
    std::uint64_t mail = 0;
    WallTime at;
    /// How late the tick was.
    Duration start_lag{};
};

/// What an earlier run left of a probe; told once, before anything else.
struct ProbeRestored {
    std::string_view probe;
    /// Mails without a verdict that are watched again.
    std::uint64_t mails = 0;
    ProbeHistory history;
};

/// A stage of a submission succeeded or failed.
struct StageDone {
    std::string_view probe;
    std::uint64_t mail = 0;
    Stage stage = Stage::resolve;
    Duration took{};
    std::optional<Cause> cause;
};

/// A mail got its verdict. `detail` quotes servers and reports.
struct MailJudged : Judgement {
    WallTime at;
    /// For delivered: what the plan foresaw between the look before and this one.
    Duration planned_gap{};
    /// For delivered, if its Received fields tell: from the first hop's stamp to the last one's, by
    /// other people's clocks; below 0 where those disagree.
    std::optional<Duration> transit;
    /// For delivered, if a trusted server judged the sender.
    std::optional<AuthenticationResults> authentication;
};

/// Something turned up after the verdict.
struct EvidenceFound {
    std::string_view probe;
    std::uint64_t mail = 0;
    Evidence kind = Evidence::late;
    /// For late and found: U - started.
    std::optional<Duration> latency;
};

/// What is pending of a probe.
struct PendingState {
    std::string_view probe;
    std::uint64_t count = 0;
    /// Start of the oldest pending mail.
    std::optional<WallTime> oldest;
};

/// A look at a mailbox ended.
struct LookDone {
    std::string_view mailbox;
    bool complete = false;
    /// No mail with a deadline after this is called absent by this look; nothing if none is. Before
    /// `at` in an incomplete look if what it did not read again may name other mails now.
    std::optional<Instant> absence_until;
    /// Set if the look failed or was incomplete for a reason of its own.
    std::optional<StageCause> failure;
    std::string_view detail;
    Duration took{};
    WallTime at;
    /// Messages in the mailbox, if STAT was reached.
    std::optional<std::uint32_t> messages;
    /// Received stamp of the newest mail of ours minus the time it was seen: above 0 the server's
    /// clock is ahead of ours by at least that.
    std::optional<Duration> clock_ahead;
    /// Logins left in the mailbox's budget; nothing without one.
    std::optional<double> logins_left;
    /// Own mails whose deletion the server confirmed.
    std::uint32_t deleted = 0;
    /// Own mails that were removed before and are listed again.
    std::uint32_t came_again = 0;
    /// Own mails, and reports about them, that stay in the mailbox.
    std::uint64_t left = 0;
    /// The server changes the sizes of mails by itself: told once.
    bool sizes_change = false;
    /// The shortest time between looks that the plan and the server allow now.
    Duration look_interval{};
};

/// An attempt to submit a mail ended, well or badly.
struct AttemptDone {
    std::string_view probe;
    std::uint64_t mail = 0;
    std::uint8_t attempt = 1;
    WallTime began;
    Duration took{};
    const ConversationRecord& conversation;
};

/// A look as it is remembered for a while.
struct LookRecord {
    std::string mailbox;
    Instant began;
    WallTime at;
    Duration took{};
    bool complete = false;
    std::optional<StageCause> failure;
    std::optional<std::uint32_t> messages;
    /// Empty for older looks.
    ConversationRecord conversation;
};

/// A mail got its verdict by looking, or by the end of it.
struct MailWatched {
    std::string_view probe;
    std::uint64_t mail = 0;
    Verdict verdict = Verdict::lost;
    WallTime at;
    /// Looks of this mailbox, oldest first; those before `first` are of no concern.
    const std::deque<LookRecord>& looks;
    std::size_t first = 0;
};

/// Receives facts on the event loop; must not block and must not throw.
class Observer {
  public:
    Observer() = default;
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;
    virtual ~Observer() = default;

    virtual void mail_started(const MailStarted& /*fact*/) {}
    virtual void probe_restored(const ProbeRestored& /*fact*/) {}
    /// An attempt was refused for the time being and another one will follow.
    virtual void attempt_refused(std::string_view /*probe*/, std::uint64_t /*mail*/,
                                 StageCause /*failure*/) {}
    virtual void stage_done(const StageDone& /*fact*/) {}
    virtual void mail_judged(const MailJudged& /*fact*/) {}
    virtual void evidence_found(const EvidenceFound& /*fact*/) {}
    virtual void pending_changed(const PendingState& /*fact*/) {}
    virtual void tick_missed(std::string_view /*probe*/, MissReason /*reason*/,
                             std::uint64_t /*count*/) {}
    virtual void look_done(const LookDone& /*fact*/) {}
    virtual void tag_rejected(std::string_view /*mailbox*/, TagReject /*reason*/) {}
    virtual void connected(std::string_view /*account*/, Protocol /*protocol*/,
                           IpFamily /*family*/) {}
    virtual void encrypted(std::string_view /*account*/, Protocol /*protocol*/,
                           const TlsFacts& /*facts*/) {}
    /// A probe was removed by a new configuration and its last mail has its verdict.
    virtual void probe_gone(std::string_view /*probe*/) {}
    /// A mailbox is no longer configured and nothing is awaited there any more.
    virtual void mailbox_gone(std::string_view /*mailbox*/) {}
    /// True if transcript_line() is wanted.
    [[nodiscard]] virtual bool wants_lines() const { return false; }
    /// One line of a conversation; `who_for` is the probe (sending) or the mailbox.
    virtual void transcript_line(std::string_view /*who_for*/, Protocol /*protocol*/,
                                 Speaker /*who*/, std::string_view /*text*/) {}
    /// A stage of a look succeeded or failed (for transcripts; metrics use look_done).
    virtual void look_stage_done(std::string_view /*mailbox*/, Stage /*stage*/, Duration /*took*/,
                                 std::optional<Cause> /*cause*/) {}
    /// True if attempt_done() and mail_watched() are wanted.
    [[nodiscard]] virtual bool wants_records() const { return false; }
    /// True if their conversations shall hold lines, not only stages.
    [[nodiscard]] virtual bool wants_transcripts() const { return false; }
    virtual void attempt_done(const AttemptDone& /*fact*/) {}
    virtual void mail_watched(const MailWatched& /*fact*/) {}
    /// A bug: an unexpected exception ended a run; the loop goes on.
    virtual void internal_error(std::string_view /*where*/, std::string_view /*what*/) {}
};

}  // namespace mailprobed
