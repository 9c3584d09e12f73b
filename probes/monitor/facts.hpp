// SPDX-License-Identifier: Apache-2.0
// What leaves probes/: metrics, log, history, pages and commands are made of these. What a fact
// points to lives as long as it is told.
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
#include <variant>

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

/// An attempt was refused for the time being and another one will follow.
struct AttemptRefused {
    std::string_view probe;
    std::uint64_t mail = 0;
    StageCause failure{};
};

/// Ticks passed without a mail.
struct TickMissed {
    std::string_view probe;
    MissReason reason = MissReason::stalled;
    std::uint64_t count = 0;
};

/// A stage of a look succeeded or failed (for transcripts; metrics use LookDone).
struct LookStageDone {
    std::string_view mailbox;
    Stage stage = Stage::resolve;
    Duration took{};
    std::optional<Cause> cause;
};

/// A text like a tag was not taken for an arrival.
struct TagRejected {
    std::string_view mailbox;
    TagReject reason = TagReject::malformed;
};

/// An account's conversation has its connection.
struct Connected {
    std::string_view account;
    Protocol protocol = Protocol::smtp;
    IpFamily family = IpFamily::v4;
};

/// An account's conversation is encrypted from now on.
struct Encrypted {
    std::string_view account;
    Protocol protocol = Protocol::smtp;
    const TlsFacts& facts;
};

/// A probe was removed by a new configuration and its last mail has its verdict.
struct ProbeGone {
    std::string_view probe;
};

/// A mailbox is no longer configured and nothing is awaited there any more.
struct MailboxGone {
    std::string_view mailbox;
};

/// One line of a conversation; `who_for` is the probe (sending) or the mailbox.
struct TranscriptLine {
    std::string_view who_for;
    Protocol protocol = Protocol::smtp;
    Speaker who = Speaker::note;
    std::string_view text;
};

/// A bug: an unexpected exception ended a run; the loop goes on.
struct InternalError {
    std::string_view where;
    std::string_view what;
};

/// All that is ever told.
using Fact = std::variant<MailStarted, ProbeRestored, AttemptRefused, StageDone, MailJudged,
                          EvidenceFound, PendingState, TickMissed, LookDone, LookStageDone,
                          TagRejected, Connected, Encrypted, ProbeGone, MailboxGone, TranscriptLine,
                          AttemptDone, MailWatched, InternalError>;

}  // namespace mailprobed
