// SPDX-License-Identifier: Apache-2.0
// Sends the mails of one probe on its grid.
#pragma once

#include "probes/monitor/context.hpp"
#include "probes/monitor/watcher.hpp"
#include "probes/net/task_group.hpp"
#include "probes/session/smtp_session.hpp"

#include <optional>

namespace mailprobed {

/// The coroutine of one probe.
class Prober {
  public:
    /// `watcher` looks into the mailbox where the mails end; `bounces` into the sender's, if it is
    /// another one and watched; `login` is shared by all probes that log in with one name.
    Prober(Context& context, ProbeIndex probe, Watcher& watcher, Watcher* bounces,
           AuthBackoff& login);

    /// Starts a mail at every tick as a task of `group`; returns only by cancellation.
    Awaitable<void> run(TaskGroup& group);
    /// Sends one mail; `lag` is how late it starts. Returns when the last attempt is over.
    Awaitable<void> send(Duration lag);
    /// Goes on with a mail that an earlier run was to try again.
    Awaitable<void> resume(RememberedMail mail);
    /// A mail was started by an earlier run at `wall`: its slot of the grid is not used again.
    void started_before(WallTime wall) { last_start_ = wall; }

  private:
    [[nodiscard]] Tag tag_of(MailId mail, std::uint8_t attempt, WallTime wall) const;
    [[nodiscard]] Envelope compose_attempt(const Tag& tag, WallTime wall,
                                           std::uint64_t& digest) const;
    Awaitable<void> attempts(MailId mail, std::uint8_t attempt, Envelope envelope);
    Awaitable<void> pause(Instant until);
    void note_login(const std::optional<Failure>& failure);
    Awaitable<void> next_attempt(MailId mail, std::uint8_t attempt);
    [[nodiscard]] bool may_retry(MailId mail, std::uint8_t attempt, const Failure& failure) const;
    Awaitable<std::optional<Failure>> submit(MailId mail, std::uint8_t attempt, Envelope envelope);
    Awaitable<void> record_intent(MailId mail, std::uint8_t attempt);
    Awaitable<void> report_failure(MailId mail, Failure failure, bool again);

    Context& context_;
    ProbeIndex index_;
    Watcher& watcher_;
    Watcher* bounces_;
    AuthBackoff& login_;
    const ProbeSettings& settings_;
    const AccountSettings& from_;
    std::optional<WallTime> last_start_;
};

}  // namespace mailprobed
