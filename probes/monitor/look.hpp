// SPDX-License-Identifier: Apache-2.0
// One visit to a mailbox: list, read what is new, recognise our mails, remove only those.
#pragma once

#include "probes/domain/bounce.hpp"
#include "probes/monitor/context.hpp"
#include "probes/monitor/known_entries.hpp"
#include "probes/session/pop3_session.hpp"

#include <cstdint>
#include <optional>
#include <string>
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

    /// `mailbox` names it for the observer; `home_of` tells where the mail of a tag belongs;
    /// `bounces` whether reports of non-delivery may come here.
    Look(Context& context, std::string_view mailbox, const Pop3Settings& settings,
         KnownEntries& known, std::function<Home(const Tag&)> home_of, bool bounces);

    /// Logs in, lists and reads. Throws Failure.
    Awaitable<void> observe(Pop3Session& session);
    /// What observe() found of ours, one sighting for each attempt of a mail.
    [[nodiscard]] std::vector<Found> sightings() const;
    /// Verified reports about mails of ours.
    [[nodiscard]] const std::vector<FoundBounce>& bounces() const noexcept { return bounces_; }
    /// Removes our mails unless `remove` is false, and logs out; false if the server did not
    /// confirm.
    Awaitable<bool> clean_up(Pop3Session& session, bool remove);

    /// Every entry not classified earlier was classified or is gone.
    [[nodiscard]] bool complete() const noexcept { return complete_; }
    /// Why a look that did not fail is incomplete.
    [[nodiscard]] std::optional<StageCause> shortfall() const noexcept { return shortfall_; }
    /// Messages in the mailbox, if STAT was reached.
    [[nodiscard]] std::optional<std::uint32_t> messages() const noexcept { return messages_; }
    /// Entries that clean_up() removes: our mails and the reports about them.
    [[nodiscard]] std::size_t removable() const noexcept { return own_.size() + bounces_.size(); }

  private:
    void classify_one(const Entry& entry, const FetchedMessage& message);
    Awaitable<void> read_headers(Pop3Session& session, std::vector<Entry> fresh);
    Awaitable<void> read_bodies(Pop3Session& session);
    Awaitable<void> read_bounces(Pop3Session& session);
    void take_bounce(const Entry& entry, const FetchedMessage& message);

    Context& context_;
    std::string_view mailbox_;
    const Pop3Settings& settings_;
    KnownEntries& known_;
    std::function<Home(const Tag&)> home_of_;
    bool watches_bounces_;
    std::vector<OwnMail> own_;
    std::vector<Entry> maybe_bounces_;
    std::vector<FoundBounce> bounces_;
    std::optional<std::uint32_t> messages_;
    std::optional<StageCause> shortfall_;
    bool complete_ = false;
};

}  // namespace mailprobed
