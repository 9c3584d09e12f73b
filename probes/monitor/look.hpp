// SPDX-License-Identifier: Apache-2.0
// One visit to a mailbox: list, read what is new, recognise our mails, remove only those.
#pragma once

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
};

/// A visit in progress; what it found so far survives a failure in the middle.
class Look {
  public:
    /// Header sections read in one look at most; the rest waits for the next.
    static constexpr std::size_t kHeaderBudget = 1000;

    /// `mailbox` names it for the observer; `is_here` tells whether a probe's mails end in it.
    Look(Context& context, std::string_view mailbox, const Pop3Settings& settings,
         KnownEntries& known, std::function<bool(std::uint32_t)> is_here);

    /// Logs in, lists and reads. Throws Failure.
    Awaitable<void> observe(Pop3Session& session);
    /// What observe() found of ours, one sighting for each mail.
    [[nodiscard]] std::vector<Sighting> sightings() const;
    /// Removes our mails and logs out; false if the server did not confirm.
    Awaitable<bool> clean_up(Pop3Session& session);

    /// Every entry not classified earlier was classified or is gone.
    [[nodiscard]] bool complete() const noexcept { return complete_; }
    /// Why a look that did not fail is incomplete.
    [[nodiscard]] std::optional<StageCause> shortfall() const noexcept { return shortfall_; }
    /// Messages in the mailbox, if STAT was reached.
    [[nodiscard]] std::optional<std::uint32_t> messages() const noexcept { return messages_; }
    /// Our mails found.
    [[nodiscard]] const std::vector<OwnMail>& own() const noexcept { return own_; }

  private:
    void classify_one(const Entry& entry, const FetchedMessage& message);
    Awaitable<void> read_headers(Pop3Session& session, std::vector<Entry> fresh);
    Awaitable<void> read_bodies(Pop3Session& session);

    Context& context_;
    std::string_view mailbox_;
    const Pop3Settings& settings_;
    KnownEntries& known_;
    std::function<bool(std::uint32_t)> is_here_;
    std::vector<OwnMail> own_;
    std::optional<std::uint32_t> messages_;
    std::optional<StageCause> shortfall_;
    bool complete_ = false;
};

}  // namespace mailprobed
