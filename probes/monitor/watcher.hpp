// SPDX-License-Identifier: Apache-2.0
// Looks into one mailbox for all probes that end there; POP3 locks, so there is one per mailbox.
#pragma once

#include "probes/domain/poll_plan.hpp"
#include "probes/monitor/context.hpp"
#include "probes/monitor/known_entries.hpp"
#include "probes/net/boot_clock.hpp"

#include <set>
#include <string>
#include <vector>

namespace mailprobed {

class Look;

/// The coroutine of one mailbox.
class Watcher {
  public:
    /// `account` is the first that names the mailbox; `probes` end there.
    Watcher(Context& context, MailboxIndex mailbox, const AccountSettings& account,
            std::vector<ProbeIndex> probes);

    /// Looks whenever the plan says so; returns only by cancellation.
    Awaitable<void> run();
    /// Sleeps until something is to be done here or notify() is called, does it, and returns.
    Awaitable<void> step();
    /// Something changed in the ledger: plan again.
    void notify() { timer_.cancel(); }
    /// The longest time between looks, for the default of verdict_grace.
    [[nodiscard]] Duration look_interval() const noexcept { return plan_.look_interval(); }

  private:
    Awaitable<void> look(Instant planned_at);
    Awaitable<void> tell_ledger(const Look& look, Instant planned_at);
    void adapt_grace();

    Context& context_;
    MailboxIndex index_;
    const AccountSettings& account_;
    std::vector<ProbeIndex> probes_;
    PollPlan plan_;
    KnownEntries known_;
    BootTimer timer_;
};

/// verdict_grace where the operator gave none: long enough for a few looks.
[[nodiscard]] Duration default_grace(Duration look_interval) noexcept;

}  // namespace mailprobed
