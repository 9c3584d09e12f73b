// SPDX-License-Identifier: Apache-2.0
// Looks into one mailbox for all probes that end there; servers lock it, so there is one.
#pragma once

#include "probes/domain/identity/arrival.hpp"
#include "probes/domain/ledger/restored.hpp"
#include "probes/domain/plan/backoff.hpp"
#include "probes/domain/plan/poll_plan.hpp"
#include "probes/domain/plan/seen_entries.hpp"
#include "probes/monitor/context.hpp"
#include "probes/monitor/tag_owner.hpp"
#include "probes/net/boot_clock.hpp"

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace mailprobed {

class Look;
class MailboxSession;

/// Whose bounces may come into a mailbox.
struct BounceWatch {
    /// Bounces are looked for at all.
    bool any = false;
    /// Probes whose mails end elsewhere: for theirs, looks of their own are needed.
    std::vector<ProbeIndex> senders;
};

/// The coroutine of one mailbox.
class Watcher {
  public:
    /// Where and for whom a watcher looks.
    struct Config {
        /// The first account that names the mailbox; has a reading half.
        std::shared_ptr<const AccountSettings> account;
        /// They end there.
        std::vector<ProbeIndex> probes;
        BounceWatch bounces;
    };

    Watcher(Context& context, MailboxIndex mailbox, Config config);

    /// Goes on by another configuration; a look that is under way ends by the old one.
    void reconfigured(Config config);
    /// The mailbox is no longer configured: run() returns when nothing is awaited there.
    void retire();
    /// True from retire() to reconfigured().
    [[nodiscard]] bool retired() const noexcept { return retired_; }
    /// What the observer calls the mailbox.
    [[nodiscard]] const std::string& name() const noexcept { return config_.account->name; }
    /// What records of its entries call the mailbox.
    [[nodiscard]] std::string recorded_as() const;

    /// Looks whenever the plan says so; returns when it is retired and nothing is awaited.
    Awaitable<void> run();
    /// Sleeps until something is to be done here or notify() is called, does it, and returns.
    Awaitable<void> step();
    /// An earlier run classified an entry.
    void remember(const RestoredEntry& entry) {
        // Ours are read anew: under the id may be a stranger's mail now.
        entry.own ? known_.remember_ours(entry.key) : known_.remember(entry.key);
    }
    /// Something changed in the ledger: plan again.
    void notify() { timer_.cancel(); }
    /// The longest time between looks, for the default of verdict_grace.
    [[nodiscard]] Duration look_interval() const noexcept { return plan_.look_interval(); }

    /// When the plan wants the next look; Instant::max(): not at all.
    [[nodiscard]] Instant next_look() const;

  private:
    [[nodiscard]] std::optional<Instant> next_bounce_look() const;
    [[nodiscard]] bool done() const;
    /// The accounts whose passwords the mails here may hold.
    [[nodiscard]] std::vector<std::string> heard_by() const;
    [[nodiscard]] TagOwner home_of(const Tag& tag) const;
    [[nodiscard]] std::optional<RouteFacts> route_of(const Tag& tag) const;
    Awaitable<void> look(Instant planned_at);
    /// True if the journal has all of it, so that what was found may be removed.
    Awaitable<bool> tell_ledger(const Look& look, Instant planned_at);
    /// The end of a look; copies count before any of them is removed or left. Throws Failure.
    Awaitable<bool> clean_up(Look& look, MailboxSession& session, bool safe, Instant give_up);
    /// Tells the ledger of the copies that a look in step found; true as above.
    Awaitable<bool> tell_copies(const Look& look);
    /// Tells the ledger how far the sender's mailbox was read for reports.
    Awaitable<void> tell_reports(const Look& look, Instant began,
                                 const std::optional<Failure>& failure);
    void keep_entries();
    void tell_observer(const Look& look, const AccountSettings& account, LookDone& done);
    void adapt_grace();
    /// Remembers for tell_watched() what was judged.
    void note_judged(const Outcome& outcome);
    void keep_look(const LookDone& done, Instant began, ConversationRecord conversation);
    /// Tells the observer of the looks that mails were judged by.
    void tell_watched();

    Context& context_;
    MailboxIndex index_;
    Config config_;
    bool retired_ = false;
    PollPlan plan_;
    SeenEntries known_;
    AuthBackoff backoff_;
    Instant last_look_ = Instant::min();
    /// The newest looks.
    std::deque<LookRecord> looks_;
    /// Mails whose looks the observer is to be told.
    std::vector<Judgement> judged_;
    BootTimer timer_;
};

/// verdict_grace where the operator gave none: long enough for a few looks.
[[nodiscard]] Duration default_grace(Duration look_interval) noexcept;

}  // namespace mailprobed
