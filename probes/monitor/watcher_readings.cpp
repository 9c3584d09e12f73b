// SPDX-License-Identifier: Apache-2.0
// What a watcher knows of the mails that a look finds, and what it tells of reports about them.
#include "probes/base/ascii.hpp"
#include "probes/domain/plan/routing.hpp"
#include "probes/monitor/look.hpp"
#include "probes/monitor/watcher.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace mailprobed {

std::vector<std::string> Watcher::heard_by() const {
    std::set<std::string> names{config_.account->name};
    for (const auto* probes : {&config_.probes, &config_.bounces.senders}) {
        for (const ProbeIndex probe : *probes) {
            names.insert(context_.routes[probe].probe->from);
            names.insert(context_.routes[probe].probe->to);
        }
    }
    return {names.begin(), names.end()};
}

TagOwner Watcher::home_of(const Tag& tag) const {
    const std::optional<MailboxIndex> home = context_.ledger.home_of(tag.mail);
    // The instance may have had another name when an earlier run sent the mail.
    const bool ours = tag.instance == context_.instance || context_.ledger.is_restored(tag.mail);
    if (!ours) return TagOwner::foreign;
    if (home) {
        // Another port leads to the same mailbox.
        const bool same = context_.mailbox_numbers[*home] == context_.mailbox_numbers[index_];
        return same ? TagOwner::here : TagOwner::elsewhere;
    }
    if (is_of_other_daemon(context_, tag)) return TagOwner::other_daemon;
    // It is unknown and may be an old one.
    const bool awaited = std::ranges::any_of(config_.probes, [&](ProbeIndex probe) {
        return probe_id(context_.routes[probe].probe->name) == tag.probe;
    });
    return awaited ? TagOwner::here : TagOwner::elsewhere;
}

std::optional<RouteFacts> Watcher::route_of(const Tag& tag) const {
    const std::optional<ProbeIndex> probe = context_.ledger.probe_with(tag.probe);
    if (!probe) return std::nullopt;
    const Route& route = context_.routes[*probe];
    const MailboxId here = config_.account->mailbox->id();
    const AccountSettings* to = context_.settings->account(route.probe->to);
    RouteFacts facts;
    facts.from = route.from->address;
    facts.recipient = route.probe->to_address;
    if (facts.recipient.empty() && to != nullptr) facts.recipient = to->address;
    facts.sender_mailbox = route.from->mailbox && route.from->mailbox->id() == here;
    facts.leads_outside = to == nullptr || !to->mailbox || to->mailbox->id() != here ||
                          !ascii_iequals(facts.recipient, to->address);
    return facts;
}

Awaitable<bool> Watcher::clean_up(Look& look, MailboxSession& session, bool safe, Instant give_up) {
    co_await look.prove(session, safe, give_up);
    const bool proven = look.in_step();
    bool kept = true;
    if (proven) kept = co_await tell_copies(look);
    const bool confirmed = co_await look.clean_up(session, safe && kept);
    if (!proven && look.in_step()) kept = co_await tell_copies(look);
    if (safe && kept && look.in_step()) look.leave_others();
    for (const Sighting& mail : look.put_away()) {
        Outcome outcome = context_.ledger.deleted(mail.mail, mail.attempt, mail.entries);
        ReportContext none;
        co_await report(context_, std::move(outcome), std::move(none));
    }
    co_return confirmed;
}

Awaitable<bool> Watcher::tell_copies(const Look& look) {
    Durability kept = Durability::durable;
    for (const Found& found : look.sightings()) {
        Outcome outcome = context_.ledger.copies_proven(found.sighting);
        if (outcome.evidence.empty()) continue;
        ReportContext circumstances;
        circumstances.attempt = found.sighting.attempt;
        const Durability this_one =
            co_await report(context_, std::move(outcome), std::move(circumstances));
        if (this_one != Durability::durable) kept = this_one;
    }
    co_return kept == Durability::durable;
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
    ReportContext none;
    co_await report(context_, std::move(outcome), std::move(none));
}

}  // namespace mailprobed
