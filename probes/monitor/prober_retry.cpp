// SPDX-License-Identifier: Apache-2.0
// Further attempts: only after a definite 4yz, and never into the pause of a refused login.
#include "probes/monitor/prober.hpp"
#include "probes/net/boot_clock.hpp"

#include <algorithm>
#include <utility>

namespace mailprobed {

Awaitable<void> Prober::resume(MailState mail) {
    const StageCause why =
        mail.failure.value_or(StageCause{Stage::accept, Cause::rejected_transient});
    Failure refusal(why.stage, why.cause, mail.detail);
    if (mail.attempt >= route().probe->max_attempts) {
        co_await give_up(mail.mail, std::move(refusal));
    } else {
        co_await next_attempt(mail.mail, mail.attempt, mail.again_at, std::move(refusal));
    }
}

Awaitable<void> Prober::attempts(MailId mail, std::uint8_t attempt, Envelope envelope) {
    const std::optional<Failure> failure = co_await submit(mail, attempt, std::move(envelope));
    if (!failure) {
        wake_watcher(mail);
        co_return;
    }
    Failure error = *failure;
    const bool again = may_retry(mail, attempt, error);
    co_await report_failure(mail, std::move(error), again);
    wake_watcher(mail);
    if (!again) co_return;
    Failure refusal = *failure;
    const Instant due = BootClock::now() + route().probe->retry_after;
    co_await next_attempt(mail, attempt, due, std::move(refusal));
}

Awaitable<void> Prober::give_up(MailId mail, Failure refusal) {
    co_await report_failure(mail, std::move(refusal), false);
    wake_watcher(mail);
}

Awaitable<bool> Prober::wait_for_turn(MailId mail, Instant due) {
    BootTimer timer(context_.needs.executor);
    for (;;) {
        const std::optional<Instant> deadline = context_.ledger.deadline_of(mail);
        const Instant now = BootClock::now();
        if (!deadline || now >= *deadline) co_return false;
        // Others may have been refused meanwhile.
        const Instant begin = std::max(due, route().login->until());
        if (now >= begin) co_return true;
        co_await sleep_until(timer, std::min(begin, *deadline));
    }
}

Awaitable<void> Prober::next_attempt(MailId mail, std::uint8_t attempt, Instant due,
                                     Failure refusal) {
    const bool mine = co_await wait_for_turn(mail, due);
    // It may have arrived or bounced meanwhile, whatever the server said.
    if (!context_.ledger.deadline_of(mail)) co_return;
    const std::optional<MailboxIndex> home = context_.ledger.mailbox_of(mail);
    if (!mine || context_.mailbox_numbers[*home] != route().mailbox_number) {
        // The process or the login rested until it was too late, or a reload gave the probe another
        // mailbox than the one that is looked into for this mail: the last answer stands.
        co_await give_up(mail, std::move(refusal));
        co_return;
    }
    ++attempt;
    const WallTime wall = wall_now();
    std::uint64_t digest = 0;
    Envelope envelope = compose_attempt(tag_of(mail, attempt, wall), wall, digest);
    context_.ledger.attempt_began(mail, attempt, digest, context_.codec.fingerprint());
    co_await attempts(mail, attempt, std::move(envelope));
}

bool Prober::may_retry(MailId mail, std::uint8_t attempt, const Failure& failure) const {
    // Only a definite 4yz: whatever leaves open whether the server has the mail is never repeated.
    const bool definite =
        failure.cause() == Cause::rejected_transient || failure.cause() == Cause::auth_transient;
    if (!definite) return false;
    if (attempt >= route().probe->max_attempts) return false;
    const std::optional<Instant> deadline = context_.ledger.deadline_of(mail);
    return deadline && BootClock::now() + route().probe->retry_after < *deadline;
}

}  // namespace mailprobed
