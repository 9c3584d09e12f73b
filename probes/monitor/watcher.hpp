// SPDX-License-Identifier: Apache-2.0
// Looks into one mailbox for all probes that end there; POP3 locks, so there is one per mailbox.
#pragma once

#include "probes/domain/backoff.hpp"
#include "probes/domain/poll_plan.hpp"
#include "probes/monitor/context.hpp"
#include "probes/monitor/known_entries.hpp"
#include "probes/net/boot_clock.hpp"

#include <set>
#include <string>
#include <vector>

namespace mailprobed {

class Look;

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
    /// `account` is the first that names the mailbox; `probes` end there.
    Watcher(Context& context, MailboxIndex mailbox, const AccountSettings& account,
            std::vector<ProbeIndex> probes, BounceWatch bounces);

    /// Looks whenever the plan says so; returns only by cancellation.
    Awaitable<void> run();
    /// Sleeps until something is to be done here or notify() is called, does it, and returns.
    Awaitable<void> step();
    /// An earlier run classified an entry.
    void remember(const RememberedEntry& entry) { known_.remember(entry.key, entry.own); }
    /// Something changed in the ledger: plan again.
    void notify() { timer_.cancel(); }
    /// The longest time between looks, for the default of verdict_grace.
    [[nodiscard]] Duration look_interval() const noexcept { return plan_.look_interval(); }

  private:
    [[nodiscard]] Instant next_look() const;
    [[nodiscard]] std::optional<Instant> next_bounce_look() const;
    Awaitable<void> look(Instant planned_at);
    /// True if the journal has all of it, so that what was found may be removed.
    Awaitable<bool> tell_ledger(const Look& look, Instant planned_at);
    void back_off(const std::optional<Failure>& failure, Instant now);
    void keep_entries();
    void tell_observer(const Look& look, LookDone& done);
    void adapt_grace();

    Context& context_;
    MailboxIndex index_;
    const AccountSettings& account_;
    std::vector<ProbeIndex> probes_;
    BounceWatch bounces_;
    PollPlan plan_;
    KnownEntries known_;
    AuthBackoff backoff_;
    Instant last_look_ = Instant::min();
    BootTimer timer_;
};

/// verdict_grace where the operator gave none: long enough for a few looks.
[[nodiscard]] Duration default_grace(Duration look_interval) noexcept;

}  // namespace mailprobed
