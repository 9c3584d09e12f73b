// SPDX-License-Identifier: Apache-2.0
// Reading what may be reports of non-delivery, within bounds: a mailbox full of letters must not
// keep a look from its mails.
#include "probes/monitor/look.hpp"
#include "probes/net/boot_clock.hpp"

#include <algorithm>
#include <utility>

namespace mailprobed {

Awaitable<void> Look::read_bounces(MailboxSession& session) {
    std::ranges::sort(maybe_bounces_, std::ranges::greater{}, &Entry::number);
    const Instant until = BootClock::now() + settings_.timeouts.total / 2;
    std::size_t count = 0;
    std::size_t octets = 0;
    for (const Entry& entry : maybe_bounces_) {
        // The rest is as unknown at the next look as it was at this one.
        if (++count > kReportBudget || octets > kReportBytes || BootClock::now() >= until)
            co_return;
        octets += co_await read_bounce_of(session, entry);
    }
    reports_read_ = true;
}

Awaitable<std::size_t> Look::read_bounce_of(MailboxSession& session, const Entry& entry) {
    std::optional<Failure> failure;
    std::size_t octets = 0;
    try {
        const FetchedMessage message = co_await session.retrieve(entry.number);
        if (message.body) octets = message.body->size();
        if (message.present) take_bounce(entry, message);
    } catch (const Failure& error) {
        failure = error;
    }
    if (!failure) co_return octets;
    const bool too_much =
        failure->cause() == Cause::too_big || failure->cause() == Cause::limit_exceeded;
    // No report is that large: reading it again would end the next look as well.
    if (!too_much && !session.out_of_step()) known_.broke_session(entry);
    if (too_much || known_.trouble().breaks(entry.key) >= kBounceTries) {
        known_.classified(entry, EntryKind::too_large);
    }
    throw *failure;
}

void Look::take_bounce(const Entry& entry, const FetchedMessage& message) {
    BounceReading reading = read_bounce(message.headers, message.body.value_or(std::string()),
                                        target_.codec, target_.route_of);
    const TagOwner home = reading.bounce ? target_.home_of(reading.bounce->tag) : TagOwner::foreign;
    if (home == TagOwner::foreign || home == TagOwner::other_daemon) {
        note(entry, EntryKind::stranger, reading.reject, &message.headers);
        return;
    }
    const bool removable = reading.bounce->about_us_alone;
    // Ours is read again by every look until one has removed it.
    readings_.push_back({entry, removable ? EntryKind::ours : EntryKind::report,
                         reading.bounce->tag.mail, false, std::nullopt, 0});
    bounces_.push_back({entry, std::move(*reading.bounce)});
}

}  // namespace mailprobed
