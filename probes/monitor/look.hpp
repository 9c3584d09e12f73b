// SPDX-License-Identifier: Apache-2.0
// One visit to a mailbox: list, read what is new, recognise our mails, remove only those.
#pragma once

#include "probes/domain/identity/arrival.hpp"
#include "probes/domain/identity/bounce.hpp"
#include "probes/domain/identity/delivery_path.hpp"
#include "probes/domain/identity/tag.hpp"
#include "probes/domain/ledger/ledger.hpp"
#include "probes/domain/plan/look_memory.hpp"
#include "probes/domain/plan/seen_entries.hpp"
#include "probes/domain/settings/settings.hpp"
#include "probes/monitor/tag_owner.hpp"
#include "probes/session/mailbox.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// One of our mails as this look found it.
struct OwnMail {
    Entry entry;
    Tag tag;
    std::optional<std::uint64_t> digest;
    DeliveryPath delivery_path;
    /// A message read by itself in this session showed our field or Message-ID: it may be removed.
    bool proven = false;
    /// Its body was asked for, or an earlier look did.
    bool read = false;
};

/// The mailbox of a look, and whom the look asks about what it finds there. It tells nobody
/// anything: what it has to say is read from it.
struct LookTarget {
    MailboxIndex index = 0;
    /// Outlive the look, as do all others.
    const Ledger& ledger;
    const TagCodec& codec;
    LookMemory& memory;
    /// Tells where the mail of a tag belongs.
    std::function<TagOwner(const Tag&)> home_of;
    /// Tells what is configured of its route.
    RouteOf route_of;
    /// Reports of non-delivery may come here.
    bool bounces = false;
};

/// A sighting and what is known beside it.
struct Found {
    Sighting sighting;
    DeliveryPath delivery_path;
};

/// A report of non-delivery that this look found.
struct FoundBounce {
    Entry entry;
    Bounce bounce;
};

/// A visit in progress. What it saw of ours survives a failure in the middle; what it saw to be
/// not ours counts only where the dialogue is known to be in step.
class Look {
  public:
    /// Header sections of new entries read in one look at most; the rest waits for the next.
    static constexpr std::size_t kHeaderBudget = 1000;
    /// Entries that could not be read, tried again in one look at most.
    static constexpr std::size_t kRetryBudget = 50;
    /// Entries that are in doubt read again in one look at most.
    static constexpr std::size_t kDoubtBudget = 1000;
    /// Mails that only their body tells, read in one look at most.
    static constexpr std::size_t kBodyBudget = 200;
    /// Possible reports read in one look at most, and their octets.
    static constexpr std::size_t kReportBudget = 1000;
    static constexpr std::size_t kReportBytes = 64UL * 1024UL * 1024UL;
    /// Mails removed in one look at most, so that what was left over for long cannot use up the
    /// time of a look.
    static constexpr std::size_t kRemovalBudget = 500;
    /// Sessions that reading one possible bounce may end.
    static constexpr unsigned kBounceTries = 3;

    Look(LookTarget target, const MailboxSettings& settings, SeenEntries& known);
    Look(const Look&) = delete;
    Look& operator=(const Look&) = delete;
    ~Look();

    /// Logs in, lists and reads. Throws Failure.
    Awaitable<void> observe(MailboxSession& session);
    /// What observe() found of ours, one sighting for each attempt of a mail.
    [[nodiscard]] std::vector<Found> sightings() const;
    /// Verified reports about mails of ours.
    [[nodiscard]] const std::vector<FoundBounce>& bounces() const noexcept { return bounces_; }
    /// Reads what it takes to remove our mails unless `safe` is false or they are to be left, in
    /// half of the time until `give_up`, and asks whether the dialogue is in step. Throws Failure.
    Awaitable<void> prove(MailboxSession& session, bool safe, Instant give_up);
    /// Removes what prove() found unless `safe` is false, in what is left of that time, and logs
    /// out; false if the server did not confirm. Throws Failure.
    Awaitable<bool> clean_up(MailboxSession& session, bool safe);
    /// Our mails that stay are as good as strangers from now on; after clean_up().
    void leave_others();
    /// Our mails that are not to be seen again, for they were removed or are left: another copy is
    /// a duplicate; after leave_others().
    [[nodiscard]] const std::vector<Sighting>& put_away() const noexcept { return put_away_; }
    /// Why texts like tags were not taken for arrivals; those that were not told before.
    [[nodiscard]] const std::vector<TagReject>& rejected() const noexcept { return rejected_; }

    /// The dialogue was in step to its end, and every entry not classified earlier was classified,
    /// is gone, or cannot be a mail that is awaited.
    [[nodiscard]] bool complete() const noexcept { return in_step_ && !shortfall_; }
    /// The answers belonged to what was asked; only after prove(), and where the server cannot be
    /// asked only after clean_up().
    [[nodiscard]] bool in_step() const noexcept { return in_step_; }
    /// No mail with a deadline after this can be called absent; only after clean_up().
    [[nodiscard]] Instant proven_until() const noexcept { return proven_until_; }
    /// What arrives after this look arrived after this instant, if it is found under an id of its
    /// own; only after clean_up().
    [[nodiscard]] Instant seen_until() const noexcept { return seen_until_; }
    /// True if that is no less than the mails need that are due.
    [[nodiscard]] bool proves_all() const noexcept { return !due_ || proven_until_ >= *due_; }
    /// What is known as ours was not read because it ended sessions before.
    [[nodiscard]] bool left_out() const noexcept { return left_out_; }
    /// Why a look that did not fail is incomplete.
    [[nodiscard]] std::optional<StageCause> shortfall() const noexcept { return shortfall_; }
    /// The same in words.
    [[nodiscard]] const std::string& shortfall_detail() const noexcept { return detail_; }
    /// The possible reports that were found were all read.
    [[nodiscard]] bool reports_whole() const noexcept { return reports_read_ && !shortfall_; }
    /// Messages in the mailbox, if STAT was reached.
    [[nodiscard]] std::optional<std::uint32_t> messages() const noexcept { return messages_; }
    /// Entries that clean_up() removed: our mails and reports about them.
    [[nodiscard]] std::uint32_t removed() const noexcept { return removed_; }
    /// Mails that were removed before and are there again.
    [[nodiscard]] std::uint32_t came_again() const noexcept { return came_again_; }
    /// The server's refusal to remove one of them.
    [[nodiscard]] const std::optional<Failure>& refusal() const noexcept { return refusal_; }

  private:
    /// What reading an entry showed, to be remembered when the dialogue is known to be in step.
    struct Reading {
        Entry entry;
        EntryKind kind = EntryKind::stranger;
        MailId mail = 0;
        bool removed_before = false;
        std::optional<TagReject> reject;
        /// Of the header section, where there is no key.
        std::uint64_t digest = 0;
    };
    using Take = std::function<void(std::size_t, const FetchedMessage&)>;

    [[nodiscard]] static std::vector<Found> sightings_of(const std::vector<OwnMail>& mails);
    [[nodiscard]] static bool is_whole(const FetchedMessage& message);
    void fall_short(StageCause why, std::string detail);
    Awaitable<bool> list(MailboxSession& session);
    void mind_window(std::size_t listed);
    /// Makes what was read count, the dialogue being in step.
    void settle();
    /// Since when known entries must have been read; nothing if they need not.
    [[nodiscard]] std::optional<Instant> doubts_since() const;
    Awaitable<void> read_new(MailboxSession& session, const std::vector<Entry>& listed);
    Awaitable<void> read_doubtful(MailboxSession& session);
    /// False if that took until `until`.
    Awaitable<bool> read_and_classify(MailboxSession& session, const std::vector<Entry>& wanted,
                                      Instant until);
    /// Gives the header section of each entry that can be read to `take`, by place in `wanted`.
    Awaitable<void> read_each(MailboxSession& session, std::span<const Entry> wanted, Pace pace,
                              Take take);
    Awaitable<void> read_refused(MailboxSession& session, std::span<const Entry> wanted,
                                 const std::vector<std::size_t>& refused, const Take& take);
    /// What the answers of a batch led to, but for mails of ours, is undone: they may have come in
    /// another order.
    struct Taken {
        std::size_t readings, own, open, maybe_bounces, bounces;
        std::uint32_t came_again;
    };
    [[nodiscard]] Taken taken() const noexcept;
    void undo(const Taken& before);
    /// The batch whose mails of ours are `first` to `last` was read again: what it showed counts
    /// only if the session `ended` before the same mail was read by itself.
    void settle_shown(std::size_t first, std::size_t last, bool ended);
    void cannot_read(const Entry& entry, const FetchedMessage& message);
    void classify_one(const Entry& entry, const FetchedMessage& message);
    void classify_whole(const Entry& entry, const FetchedMessage& message);
    void take_arrival(const Entry& entry, const Tag& tag, const FetchedMessage& message);
    void take_body(OwnMail& mail, const FetchedMessage& message);
    Awaitable<void> read_bodies(MailboxSession& session);
    Awaitable<void> read_open(MailboxSession& session);
    Awaitable<void> read_bounces(MailboxSession& session);
    Awaitable<std::size_t> read_bounce_of(MailboxSession& session, const Entry& entry);
    void take_bounce(const Entry& entry, const FetchedMessage& message);
    void note(const Entry& entry, EntryKind kind, std::optional<TagReject> reject = {},
              const MailHeaders* headers = nullptr);
    void commit();
    Awaitable<std::vector<std::uint32_t>> removable(MailboxSession& session, Instant until);
    void note_removed(const std::vector<std::uint32_t>& numbers);
    void put_away(const std::vector<OwnMail>& mails);

    LookTarget target_;
    const MailboxSettings& settings_;
    SeenEntries& known_;
    LookShare share_;
    Instant snapshot_;
    /// The latest deadline that this look may decide on.
    std::optional<Instant> due_;
    Instant proven_until_ = Instant::min();
    Instant seen_until_ = Instant::min();
    std::vector<Reading> readings_;
    std::vector<OwnMail> own_;
    /// Only their bodies tell.
    std::vector<Entry> open_;
    std::vector<Entry> maybe_bounces_;
    std::vector<FoundBounce> bounces_;
    std::vector<Sighting> put_away_;
    std::vector<TagReject> rejected_;
    std::optional<std::uint32_t> messages_;
    std::optional<StageCause> shortfall_;
    std::string detail_;
    std::string refused_reading_;
    std::optional<Failure> refusal_;
    /// What may be removed until then.
    std::vector<std::uint32_t> removable_;
    Instant remove_until_ = Instant::min();
    std::uint32_t removed_ = 0;
    std::uint32_t came_again_ = 0;
    bool in_step_ = false;
    bool left_out_ = false;
    /// A header section was shown for another entry than was asked for.
    bool misplaced_ = false;
    bool reports_read_ = false;
};

}  // namespace mailprobed
