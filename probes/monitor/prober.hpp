// SPDX-License-Identifier: Apache-2.0
// Sends the mails of one probe on its grid.
#pragma once

#include "probes/domain/plan/schedule.hpp"
#include "probes/monitor/context.hpp"
#include "probes/net/boot_clock.hpp"
#include "probes/net/task_group.hpp"
#include "probes/session/smtp/session.hpp"

#include <optional>

namespace mailprobed {

/// The coroutine of one probe.
class Prober {
  public:
    /// `probe` has its route in `context`.
    Prober(Context& context, ProbeIndex probe) : context_(context), index_(probe) {}

    /// Starts a mail at every tick as a task of `group`; returns when the probe was removed.
    Awaitable<void> run(TaskGroup& group);
    /// The route was changed: a new interval begins a new grid, anything else keeps the phase.
    void reconfigured();
    /// Sends a mail with a new id; `lag` is how late it starts. Returns when the last attempt is
    /// over.
    Awaitable<void> send(Duration lag, MailId mail);
    [[nodiscard]] MailId new_mail_id() const { return context_.needs.new_mail_id(); }
    /// Why no mail can start now, if that is so.
    [[nodiscard]] std::optional<MissReason> hindrance() const;
    /// Goes on with a mail that an earlier run was to try again.
    Awaitable<void> resume(MailState mail);
    /// A mail was started by an earlier run at `wall`: its slot of the grid is not used again.
    void started_before(WallTime wall) { last_start_ = wall; }

  private:
    [[nodiscard]] Tag tag_of(MailId mail, std::uint8_t attempt, WallTime wall) const;
    [[nodiscard]] Envelope compose_attempt(const Tag& tag, WallTime wall,
                                           std::uint64_t& digest) const;
    [[nodiscard]] const Route& route() const { return context_.routes[index_]; }
    [[nodiscard]] Instant first_tick(const ProbeSettings& probe) const;
    void tick(TaskGroup& group, TickDecision decision);
    void wake_watcher(MailId mail) const;
    Awaitable<void> attempts(MailId mail, std::uint8_t attempt, Envelope envelope);
    Awaitable<void> give_up(MailId mail, Failure refusal);
    /// False if the deadline came first, or the verdict.
    Awaitable<bool> wait_for_turn(MailId mail, Instant due);
    Awaitable<void> next_attempt(MailId mail, std::uint8_t attempt, Instant due, Failure refusal);
    [[nodiscard]] bool may_retry(MailId mail, std::uint8_t attempt, const Failure& failure) const;
    Awaitable<std::optional<Failure>> submit(MailId mail, std::uint8_t attempt, Envelope envelope);
    Awaitable<void> record_intent(MailId mail);
    Awaitable<void> report_failure(MailId mail, Failure failure, bool again);

    Context& context_;
    ProbeIndex index_;
    /// Wakes run() when the route changes; exists while that runs.
    BootTimer* ticking_ = nullptr;
    /// The grid that run() follows.
    Duration interval_{};
    std::optional<WallTime> last_start_;
};

}  // namespace mailprobed
