// SPDX-License-Identifier: Apache-2.0
// What is known of every mail: a pure state machine that turns events into verdicts. `now` is
// always an argument; nothing here reads a clock, a socket or a file.
#pragma once

#include "probes/base/time.hpp"
#include "probes/domain/identity/bounce.hpp"
#include "probes/domain/identity/tag.hpp"
#include "probes/domain/ledger/judgement.hpp"
#include "probes/domain/ledger/mail_state.hpp"
#include "probes/domain/outcome/failure.hpp"
#include "probes/domain/outcome/verdict.hpp"
#include "probes/domain/plan/poll_plan.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace mailprobed {

/// What an event led to: all of it is to be kept, and told.
struct Outcome {
    /// Mails without a verdict of which more is known.
    std::vector<MailState> states;
    std::vector<Judgement> judgements;
    std::vector<AfterVerdict> evidence;
    /// Judged mails of which more is known, each once. Those of `judgements` are among them and in
    /// the same order.
    std::vector<JudgedMail> judged;
};

/// All copies of one own mail in one listing.
struct Sighting {
    MailId mail = 0;
    std::uint32_t probe_id = 0;
    /// The instant the listing line of the first copy was read.
    Instant listed_at;
    BodyState body = BodyState::unread;
    /// Digest of the body, if it was read.
    std::optional<std::uint64_t> digest;
    /// Hash of the unique id of each copy; 0 where the server has none.
    std::vector<std::uint64_t> entries;
    /// Copies of different attempts are different sightings.
    std::uint8_t attempt = 1;
    /// It stands under a unique id that was a stranger's: earlier looks may have passed it over, so
    /// that they prove no absence.
    bool hidden = false;
};

/// A report that a mail was not delivered.
struct BounceSeen {
    MailId mail = 0;
    StatusClass status_class = StatusClass::unknown;
    /// Status and diagnostic text; free text.
    std::string detail;
    /// It does not say so for certain: it decides nothing but that `bounced` takes the place of
    /// `lost`.
    bool weak = false;
    /// The attempt that it is about; 0 if that is unknown.
    std::uint8_t attempt = 0;
};

/// A probe as the ledger knows it.
struct LedgerProbe {
    /// probe_id() of its name.
    std::uint32_t id = 0;
    MailboxIndex mailbox = 0;
    Duration deadline{};
    Duration grace{};
    /// Where reports of non-delivery come, if they are watched: `lost` waits for a look there at or
    /// after the deadline, within the grace.
    std::optional<MailboxIndex> reports = {};
};

/// The numbers of the accounting identity.
struct LedgerTotals {
    std::uint64_t started = 0;
    /// Mails that an earlier run left without a verdict.
    std::uint64_t restored = 0;
    std::uint64_t verdicts = 0;
    std::uint64_t pending = 0;
};

/// The state machine. Every mail that starts gets exactly one verdict.
class Ledger {
  public:
    /// `evidence` is how long a judged mail is remembered.
    explicit Ledger(Duration evidence) : evidence_(evidence) {}

    /// Adds a mailbox.
    MailboxIndex add_mailbox();
    /// Adds a probe whose mails end in `probe.mailbox`.
    ProbeIndex add_probe(const LedgerProbe& probe);

    /// Changes what mails of the probe that start from now on are judged by; those that are pending
    /// stay with their mailbox and their times. The id must not change.
    void change_probe(ProbeIndex probe, const LedgerProbe& settings);
    /// Changes the grace of mails that start from now on.
    void set_grace(ProbeIndex probe, Duration grace);

    /// A mail is about to be sent; it is pending from now on. Deadline and grace are the probe's.
    void start(ProbeIndex probe, MailState mail);
    /// A mail that an earlier run left without a verdict is pending again. If no key of now can
    /// read its tag, it may be there and not be recognised: looking never proves its absence.
    void restore(ProbeIndex probe, MailState mail, Instant now, bool readable = true);
    /// A mail that an earlier run judged may still leave evidence.
    void restore(ProbeIndex probe, const JudgedMail& mail, Instant now = Instant::min());
    /// The wall clock was set by `step` (ahead: above 0): the instants of pending mails that were
    /// converted by it move along.
    void clock_set(Duration step, Instant now);
    /// Attempt 1 connects: latency and deadline run from `at`.
    void connecting(MailId mail, Instant at);
    /// The final dot is about to be written.
    void handed(MailId mail, Instant at);
    /// The server took responsibility (2yz to the dot); `reply` is what it said, free text that may
    /// hold its queue id.
    Outcome accepted(MailId mail, std::string reply = {});
    /// The server refused the attempt for the time being; a further one is planned for `again_at`.
    Outcome attempt_refused(MailId mail, StageCause failure, std::string detail, Instant again_at);
    /// A further attempt is about to be made, with a tag of the key `tag_key`.
    void attempt_began(MailId mail, std::uint8_t attempt, std::uint64_t body_digest,
                       std::uint64_t tag_key = 0);
    /// The server never took responsibility.
    Outcome send_failed(MailId mail, StageCause failure, std::string detail);
    /// No answer to the dot: the server may have the mail; settled by arrival or deadline.
    Outcome unconfirmed(MailId mail, StageCause failure, std::string detail);

    /// A look at `mailbox` began.
    void look_began(MailboxIndex mailbox, Instant at);
    /// A listing showed an own mail; reported before the look ends. `now` dates the evidence.
    Outcome sighted(MailboxIndex mailbox, const Sighting& sighting, Instant now);
    /// The look of that sighting is known to have been in step, so that each of its entries is a
    /// copy; those beyond the first are duplicates. After sighted(), before deleted().
    Outcome copies_proven(const Sighting& sighting);
    /// A report came that the mail will not be delivered.
    Outcome bounced(const BounceSeen& bounce, Instant now);
    /// QUIT was answered +OK after `entries` copies of an attempt were marked deleted.
    Outcome deleted(MailId mail, std::uint8_t attempt, const std::vector<std::uint64_t>& entries);
    /// The look ended. `snapshot_at` is the earliest instant at which the server can have taken
    /// what it showed, the one before the connect, if the look came so far; only a complete look
    /// proves that pending mails not sighted in it were not there then. Mails that started until
    /// `blind` may hide behind an entry that could not be read; a look that is called complete has
    /// none such pending. `proven_until`, if it is earlier, is when the last entry was read that a
    /// mail could hide behind: no mail with a later deadline is called absent.
    /// `seen_until`, if it is earlier, is what a mail found by a later look arrived after.
    Outcome look_ended(MailboxIndex mailbox, bool complete, std::optional<Instant> snapshot_at,
                       Instant now, std::optional<Instant> blind = {},
                       std::optional<Instant> proven_until = {},
                       std::optional<Instant> seen_until = {});
    /// A look into a mailbox for reports of non-delivery ended that began at `began`; `remark` says
    /// why not all of them were read, or is empty.
    Outcome reports_read(MailboxIndex mailbox, Instant began, std::string remark, Instant now);
    /// No look will begin before `until`: what arrives until then is found late for that reason.
    void looks_rest(MailboxIndex mailbox, Instant until);
    /// Judges mails whose grace is over; forgets old ones.
    Outcome settle(MailboxIndex mailbox, Instant now);

    /// Mails of `mailbox` that may arrive, for the poll plan.
    [[nodiscard]] std::vector<AwaitedMail> awaited(MailboxIndex mailbox) const;
    /// The earliest instant at which settle() would judge something.
    [[nodiscard]] std::optional<Instant> next_settlement(MailboxIndex mailbox) const;
    /// Pending mails of `probe` that a report of non-delivery may come for.
    [[nodiscard]] std::vector<AwaitedMail> sent_by(ProbeIndex probe) const;
    /// What is known of a mail that is pending.
    [[nodiscard]] std::optional<MailState> pending_mail(MailId mail) const;
    /// What a later run must know of a mail whose submission is cut off now: unconfirmed if the dot
    /// was written; nothing if it was answered or the mail is not pending.
    [[nodiscard]] std::optional<MailState> if_cut_off(MailId mail, std::string detail) const;
    /// D of a mail that is pending.
    [[nodiscard]] std::optional<Instant> deadline_of(MailId mail) const;
    /// The latest deadline of a mail of `mailbox`, pending or `unobserved`, that a look with this
    /// snapshot may call absent; nothing if there is none.
    [[nodiscard]] std::optional<Instant> latest_due(MailboxIndex mailbox, Instant snapshot) const;
    /// The longest time from start to the end of the grace among the pending mails of `mailbox`.
    [[nodiscard]] Duration longest_wait(MailboxIndex mailbox) const;
    /// The probe with this probe_id().
    [[nodiscard]] std::optional<ProbeIndex> probe_with(std::uint32_t id) const;
    /// True if the copy of an attempt was removed under this unique id: it is there again.
    [[nodiscard]] bool removed_under(MailId mail, std::uint8_t attempt, std::uint64_t entry) const;
    /// Where a mail that is pending ends.
    [[nodiscard]] std::optional<MailboxIndex> mailbox_of(MailId mail) const;
    /// Where a mail ends that is pending or remembered.
    [[nodiscard]] std::optional<MailboxIndex> home_of(MailId mail) const;
    /// True if an earlier run sent the mail and it is pending or remembered.
    [[nodiscard]] bool is_restored(MailId mail) const;
    /// True if a pending mail ends in `mailbox`.
    [[nodiscard]] bool expects(MailboxIndex mailbox) const;
    /// True if a pending mail that started until `at` ends in `mailbox`.
    [[nodiscard]] bool expects(MailboxIndex mailbox, Instant at) const;
    /// The longest time from start to end of grace that any probe gives its mails.
    [[nodiscard]] Duration longest_wait() const;
    /// Number of pending mails of a probe.
    [[nodiscard]] std::uint64_t pending(ProbeIndex probe) const;
    /// Start of the oldest pending mail of a probe.
    [[nodiscard]] std::optional<WallTime> oldest_pending(ProbeIndex probe) const;
    /// started + restored = verdicts + pending, always.
    [[nodiscard]] LedgerTotals totals() const noexcept;

  private:
    /// A pending mail, and what only this run knows of it.
    struct Mail : MailState {
        ProbeIndex index = 0;
        /// Where it ends: the probe's when it started.
        MailboxIndex mailbox = 0;
        /// connecting() was called: `started` is final.
        bool connected = false;
        /// A complete look at or after the deadline did not show it.
        bool absent_at_deadline = false;
        /// No key of now can read its tag.
        bool unreadable = false;
        /// An earlier run started it.
        bool restored = false;
        /// Bit n: attempt n was refused.
        std::uint32_t refused_attempts = 0;
        /// Its probe's when it started.
        std::optional<MailboxIndex> reports;
        /// Not there after its deadline; only a look for reports is missing.
        bool awaits_report = false;
        /// A report that decides nothing by itself.
        std::optional<BounceSeen> weak;

        /// The server has it, or nobody knows: it is looked for to the end.
        [[nodiscard]] bool answered() const noexcept {
            return progress == Progress::accepted || progress == Progress::unconfirmed;
        }
        /// The dot of the present attempt was written.
        [[nodiscard]] bool dot_written() const noexcept {
            return progress == Progress::intended && handed_attempt == attempt;
        }
    };

    /// A judged mail, and what only this run knows of it.
    struct Settled : JudgedMail {
        ProbeIndex index = 0;
        MailboxIndex mailbox = 0;
        bool restored = false;
    };

    struct Mailbox {
        std::vector<MailId> pending;
        /// Judged `unobserved`, and no complete look after the deadline since.
        std::vector<MailId> unobserved;
        Instant complete_snapshot = Instant::min();
        /// When the last look for reports began, and why it did not read all of them.
        Instant reports_at = Instant::min();
        std::string reports_remark;
        /// Mails that are absent and await such a look.
        std::vector<MailId> await_reports;
        /// The end of the last failed look, or of the pause that followed: what was handed over
        /// before would have been found earlier.
        Instant hindered_until = Instant::min();
        Instant look_began = Instant::min();
        /// Mails that started until then may have been hidden from the last look.
        Instant blind = Instant::min();
        bool looking = false;
    };

    struct Probe {
        LedgerProbe settings;
        std::uint64_t pending = 0;
        /// In order of start; judged ones are dropped when they reach the front.
        std::deque<MailId> order;
    };

    void enter(Mail mail);
    /// Ends a pending mail; the result lives in `outcome`.
    Judgement& judge(Outcome& outcome, MailId id, Verdict verdict, Instant now);
    /// More is known of a pending mail.
    void changed(Outcome& outcome, MailId id) const;
    /// More is known of a judged mail.
    static void changed(Outcome& outcome, const Settled& settled);
    static void learnt(Outcome& outcome, const Settled& settled, Evidence kind,
                       std::optional<Duration> latency = {});
    [[nodiscard]] static std::optional<std::uint64_t> digest_of(const Mail& mail,
                                                                std::uint8_t attempt);
    void judge_arrival(Outcome& outcome, MailId id, const Sighting& sighting, Instant now);
    /// The verdict on a mail that is not there, or a wait for a look for reports about it.
    void absent(Outcome& outcome, MailId id, Instant now);
    void judge_bounced(Outcome& outcome, BounceSeen report, Instant now);
    void judge_absence(Outcome& outcome, MailId id, Instant now, std::string_view remark = {});
    static void note_arrival(Outcome& outcome, Settled& settled, Instant upper, Instant lower);
    [[nodiscard]] Instant lower_bound(const Mailbox& mailbox, Instant handed) const;
    void forget_old(Instant now);

    Duration evidence_;
    std::vector<Mailbox> mailboxes_;
    std::vector<Probe> probes_;
    std::unordered_map<std::uint32_t, ProbeIndex> by_id_;
    std::unordered_map<MailId, Mail> pending_;
    std::unordered_map<MailId, Settled> settled_;
    std::deque<std::pair<Instant, MailId>> forget_;
    std::uint64_t started_ = 0;
    std::uint64_t restored_ = 0;
    std::uint64_t verdicts_ = 0;
};

}  // namespace mailprobed
