// SPDX-License-Identifier: Apache-2.0
// What a watcher knows of the mails that a look finds, and what it tells of reports about them.
#include "probes/monitor/look.hpp"
#include "probes/monitor/routing.hpp"
#include "probes/monitor/watcher.hpp"
#include "probes/wire/ascii.hpp"

#include <algorithm>
#include <utility>

namespace mailprobed {

Home Watcher::home_of(const Tag& tag) const {
    const std::optional<MailboxIndex> home = context_.ledger.home_of(tag.mail);
    // The instance may have had another name when an earlier run sent the mail.
    const bool ours = tag.instance == context_.instance || context_.ledger.is_restored(tag.mail);
    if (!ours) return Home::foreign;
    if (home) {
        // Another port leads to the same mailbox.
        const bool same = context_.mailbox_ids[*home] == context_.mailbox_ids[index_];
        return same ? Home::here : Home::elsewhere;
    }
    if (is_of_other_daemon(context_, tag)) return Home::other_daemon;
    // It is unknown and may be an old one.
    const bool awaited = std::ranges::any_of(duty_.probes, [&](ProbeIndex probe) {
        return probe_id(context_.routes[probe].probe->name) == tag.probe;
    });
    return awaited ? Home::here : Home::elsewhere;
}

std::optional<RouteFacts> Watcher::route_of(const Tag& tag) const {
    const std::optional<ProbeIndex> probe = context_.ledger.probe_with(tag.probe);
    if (!probe) return std::nullopt;
    const Route& route = context_.routes[*probe];
    const MailboxKey here = mailbox_key(*duty_.account->pop3);
    const AccountSettings* to = context_.settings->account(route.probe->to);
    RouteFacts facts;
    facts.from = route.from->address;
    facts.recipient = route.probe->to_address;
    if (facts.recipient.empty() && to != nullptr) facts.recipient = to->address;
    facts.sender_mailbox = route.from->pop3 && mailbox_key(*route.from->pop3) == here;
    facts.leads_outside = to == nullptr || !to->pop3 || mailbox_key(*to->pop3) != here ||
                          !ascii_iequals(facts.recipient, to->address);
    return facts;
}

Awaitable<void> Watcher::tell_reports(const Look& look, Instant began,
                                      const std::optional<Failure>& failure) {
    std::string remark;
    if (failure && !look.reports_whole()) {
        remark = "the sender's mailbox could not be read: " + std::string(failure->what());
    } else if (!look.reports_whole()) {
        remark = "the sender's mailbox holds more than one look reads";
    }
    Outcome outcome =
        context_.ledger.reports_read(index_, began, std::move(remark), BootClock::now());
    note_judged(outcome);
    Circumstances none;
    co_await report(context_, std::move(outcome), std::move(none));
}

}  // namespace mailprobed
