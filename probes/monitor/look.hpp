// SPDX-License-Identifier: Apache-2.0
// One visit to a mailbox: list, read what is new, recognise our mails, remove only those.
#pragma once

#include "probes/domain/bounce.hpp"
#include "probes/monitor/context.hpp"
#include "probes/monitor/known_entries.hpp"
#include "probes/session/pop3_session.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace mailprobed {

/// One of our mails as this look found it.
struct OwnMail {
    Entry entry;
    Tag tag;
    BodyState body = BodyState::unread;
    std::optional<std::uint64_t> digest;
    Journey journey;
};

/// The mailbox of a look, as the monitor sees it.
struct LookedInto {
    MailboxIndex index = 0;
    /// For the observer.
    std::string_view name;
    /// Tells where the mail of a tag belongs.
    std::function<Home(const Tag&)> home_of;
    /// Reports of non-delivery may come here.
    bool bounces = false;
    /// What is configured of a tag's route.
    RouteOf facts_of;
};

/// What a mail was found to be.
struct Arrival {
    std::optional<Tag> tag;
    std::optional<TagReject> reject;
};

/// A sighting and what is known beside it.
struct Found {
    Sighting sighting;
    Journey journey;
};

/// A report of non-delivery that this look found.
struct FoundBounce {
    Entry entry;
    Bounce bounce;
};

/// A visit in progress; what it found so far survives a failure in the middle.
class Look {
  public:
    /// Header sections read in one look at most; the rest waits for the next.
    static constexpr std::size_t kHeaderBudget = 1000;
    /// Bodies of possible bounces read in one look at most.
    static constexpr std::size_t kBounceBudget = 20;
    /// Mails removed in one look at most, so that what was left over for long cannot use up the
    /// time of a look.
    static constexpr std::size_t kRemovalBudget = 500;
    /// Sessions that reading one possible bounce may end.
    static constexpr unsigned kBounceTries = 3;

    Look(Context& context, LookedInto mailbox, const Pop3Settings& settings, KnownEntries& known);

    /// Logs in, lists and reads. Throws Failure.
    Awaitable<void> observe(Pop3Session& session);
    /// What observe() found of ours, one sighting for each attempt of a mail.
    [[nodiscard]] std::vector<Found> sightings() const { return sightings_of(own_); }
    /// Verified reports about mails of ours.
    [[nodiscard]] const std::vector<FoundBounce>& bounces() const noexcept { return bounces_; }
    /// Removes our mails unless `safe` is false or they are to be left, in half of the time until
    /// `give_up`, and logs out; false if the server did not confirm.
    Awaitable<bool> clean_up(Pop3Session& session, bool safe, Instant give_up);

    /// Every entry not classified earlier was classified, is gone, or cannot be a mail that is
    /// awaited.
    [[nodiscard]] bool complete() const noexcept { return complete_; }
    /// Why a look that did not fail is incomplete.
    [[nodiscard]] std::optional<StageCause> shortfall() const noexcept { return shortfall_; }
    /// Messages in the mailbox, if STAT was reached.
    [[nodiscard]] std::optional<std::uint32_t> messages() const noexcept { return messages_; }
    /// Entries that clean_up() removed: our mails and reports about them.
    [[nodiscard]] std::uint32_t removed() const noexcept { return removed_; }
    /// The server's refusal to remove one of them.
    [[nodiscard]] const std::optional<Failure>& refusal() const noexcept { return refusal_; }

  private:
    [[nodiscard]] static std::vector<Found> sightings_of(const std::vector<OwnMail>& mails);
    [[nodiscard]] static bool is_whole(const FetchedMessage& message);
    Awaitable<void> list(Pop3Session& session);
    /// Gives the header section of each entry that can be read to `take`, by place in `wanted`.
    Awaitable<void> read_each(Pop3Session& session, const std::vector<Entry>& wanted,
                              std::function<void(std::size_t, const FetchedMessage&)> take);
    Awaitable<std::vector<std::uint32_t>> remove(Pop3Session& session, Instant give_up);
    Awaitable<std::vector<std::uint32_t>> removable(Pop3Session& session);
    void note_removed(const std::vector<std::uint32_t>& numbers);
    void leave_all();
    /// They are not to be seen again: another copy is a duplicate.
    void put_away(const std::vector<OwnMail>& mails);
    [[nodiscard]] RouteOf route_of() const;
    void classify_as(const Entry& entry, const FetchedMessage& message, const Arrival& arrival,
                     bool maybe_report);
    void classify_one(const Entry& entry, const FetchedMessage& message);
    Awaitable<void> read_headers(Pop3Session& session, std::vector<Entry> fresh);
    Awaitable<void> read_bodies(Pop3Session& session);
    Awaitable<void> read_bounces(Pop3Session& session);
    void take_bounce(const Entry& entry, const FetchedMessage& message);

    Context& context_;
    LookedInto mailbox_;
    const Pop3Settings& settings_;
    KnownEntries& known_;
    std::vector<OwnMail> own_;
    std::vector<Entry> need_bodies_;
    std::vector<Entry> maybe_bounces_;
    std::vector<FoundBounce> bounces_;
    std::optional<std::uint32_t> messages_;
    std::optional<StageCause> shortfall_;
    std::optional<Failure> refusal_;
    std::uint32_t removed_ = 0;
    bool complete_ = false;
};

}  // namespace mailprobed
