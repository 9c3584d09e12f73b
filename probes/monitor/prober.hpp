// SPDX-License-Identifier: Apache-2.0
// Sends the mails of one probe on its grid.
#pragma once

#include "probes/monitor/context.hpp"
#include "probes/monitor/watcher.hpp"
#include "probes/net/task_group.hpp"
#include "probes/session/smtp_session.hpp"

namespace mailprobed {

/// The coroutine of one probe.
class Prober {
  public:
    /// `watcher` looks into the mailbox where the mails end.
    Prober(Context& context, ProbeIndex probe, Watcher& watcher);

    /// Starts a mail at every tick as a task of `group`; returns only by cancellation.
    Awaitable<void> run(TaskGroup& group);
    /// Sends one mail; `lag` is how late it starts. Returns when the conversation is over.
    Awaitable<void> send(Duration lag);

  private:
    [[nodiscard]] MailId enter_mail(Envelope& envelope, JournalRecord& intent, Duration lag);
    Awaitable<void> report_failure(MailId mail, Failure failure);

    Context& context_;
    ProbeIndex index_;
    Watcher& watcher_;
    const ProbeSettings& settings_;
    const AccountSettings& from_;
};

}  // namespace mailprobed
