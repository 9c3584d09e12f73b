// SPDX-License-Identifier: Apache-2.0
// What the ledger tells others, and how it takes back what an earlier run left.
#include "probes/domain/ledger/ledger.hpp"

#include <algorithm>

namespace mailprobed {

void Ledger::restore(ProbeIndex probe, MailState mail, Instant now, bool readable) {
    Mail entry;
    static_cast<MailState&>(entry) = std::move(mail);
    // A further attempt follows only a refusal.
    const int refused = entry.progress == Progress::retry ? entry.attempt : entry.attempt - 1;
    for (int attempt = 1; attempt <= refused; ++attempt)
        entry.refused_attempts |= 1U << std::min(attempt, 31);
    entry.index = probe;
    entry.connected = true;
    entry.unreadable = !readable;
    entry.restored = true;
    if (entry.handed_attempt == 0) entry.handed = entry.started;
    if (entry.progress == Progress::intended) {
        // Whether the dot was written before the end nobody knows any more.
        entry.progress = Progress::unconfirmed;
        entry.failure = StageCause{Stage::accept, Cause::interrupted};
        entry.detail = "the daemon ended between the intent and the server's answer";
    }
    if (!entry.doubt.empty() && entry.answered()) {
        // Nothing that a look shows now says when it came, or whether it was judged before.
        entry.deadline = entry.grace_end = now;
        entry.detail = entry.doubt;
    }
    // Nobody looked while no daemon ran: that widens what the next look can tell.
    Mailbox& box = mailboxes_.at(probes_.at(probe).settings.mailbox);
    box.hindered_until = std::max(box.hindered_until, now);
    enter(std::move(entry));
    ++restored_;
}

void Ledger::restore(ProbeIndex probe, const JudgedMail& mail, Instant now) {
    Settled entry{mail};
    entry.index = probe;
    entry.mailbox = probes_.at(probe).settings.mailbox;
    entry.restored = true;
    if (mail.absent) entry.handed = std::max(entry.handed, entry.deadline);
    if (mail.verdict == Verdict::unobserved && !mail.arrived && !mail.absent) {
        mailboxes_.at(entry.mailbox).unobserved.push_back(mail.mail);
    }
    settled_.emplace(mail.mail, entry);
    // The deadline of a mail of another boot rests on a clock that may be wrong at the start.
    forget_.emplace_back(std::max(mail.deadline, now) + evidence_, mail.mail);
}

std::optional<MailState> Ledger::pending_mail(MailId mail) const {
    const auto found = pending_.find(mail);
    if (found == pending_.end()) return std::nullopt;
    return found->second;
}

std::optional<MailState> Ledger::if_cut_off(MailId mail, std::string detail) const {
    const auto found = pending_.find(mail);
    if (found == pending_.end() || !found->second.dot_written()) return std::nullopt;
    MailState state = found->second;
    state.progress = Progress::unconfirmed;
    state.failure = StageCause{Stage::accept, Cause::interrupted};
    state.detail = std::move(detail);
    return state;
}

std::vector<AwaitedMail> Ledger::sent_by(ProbeIndex probe) const {
    std::vector<AwaitedMail> result;
    for (const MailId id : probes_.at(probe).order) {
        const auto found = pending_.find(id);
        if (found == pending_.end()) continue;
        const Mail& mail = found->second;
        // Of a mail that an earlier run left open nobody knows whether it was handed over.
        if (mail.handed_attempt == 0 && !mail.answered()) continue;
        result.push_back({mail.handed, mail.deadline, mail.grace_end});
    }
    return result;
}

std::vector<AwaitedMail> Ledger::awaited(MailboxIndex mailbox) const {
    std::vector<AwaitedMail> result;
    for (const MailId id : mailboxes_.at(mailbox).pending) {
        const Mail& mail = pending_.at(id);
        if (!mail.answered() && !mail.dot_written()) continue;
        result.push_back({mail.handed, mail.deadline, mail.grace_end});
    }
    return result;
}

std::optional<Instant> Ledger::next_settlement(MailboxIndex mailbox) const {
    std::optional<Instant> earliest;
    for (const MailId id : mailboxes_.at(mailbox).pending) {
        const Mail& mail = pending_.at(id);
        if (!mail.answered()) continue;
        if (!earliest || mail.grace_end < *earliest) earliest = mail.grace_end;
    }
    return earliest;
}

std::optional<Instant> Ledger::deadline_of(MailId mail) const {
    const auto found = pending_.find(mail);
    if (found == pending_.end()) return std::nullopt;
    return found->second.deadline;
}

std::optional<Instant> Ledger::latest_due(MailboxIndex mailbox, Instant snapshot) const {
    std::optional<Instant> latest;
    const Mailbox& box = mailboxes_.at(mailbox);
    const auto take = [&](Instant deadline) {
        if (deadline <= snapshot && (!latest || deadline > *latest)) latest = deadline;
    };
    for (const MailId id : box.pending) {
        const Mail& mail = pending_.at(id);
        if (snapshot <= mail.grace_end) take(mail.deadline);
    }
    for (const MailId id : box.unobserved) {
        const auto found = settled_.find(id);
        if (found != settled_.end()) take(found->second.deadline);
    }
    return latest;
}

Duration Ledger::longest_wait(MailboxIndex mailbox) const {
    Duration longest{};
    for (const MailId id : mailboxes_.at(mailbox).pending) {
        const Mail& mail = pending_.at(id);
        longest = std::max(longest, mail.grace_end - mail.started);
    }
    return longest;
}

std::optional<ProbeIndex> Ledger::probe_with(std::uint32_t id) const {
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return std::nullopt;
    return found->second;
}

bool Ledger::removed_under(MailId mail, std::uint8_t attempt, std::uint64_t entry) const {
    const auto found = settled_.find(mail);
    return found != settled_.end() && entry != 0 && found->second.attempt == attempt &&
           found->second.removed != 0 && found->second.removed_entry == entry;
}

std::optional<MailboxIndex> Ledger::mailbox_of(MailId mail) const {
    const auto found = pending_.find(mail);
    if (found == pending_.end()) return std::nullopt;
    return found->second.mailbox;
}

std::optional<MailboxIndex> Ledger::home_of(MailId mail) const {
    if (const auto pending = mailbox_of(mail)) return pending;
    const auto settled = settled_.find(mail);
    if (settled == settled_.end()) return std::nullopt;
    return settled->second.mailbox;
}

bool Ledger::is_restored(MailId mail) const {
    const auto pending = pending_.find(mail);
    if (pending != pending_.end()) return pending->second.restored;
    const auto settled = settled_.find(mail);
    return settled != settled_.end() && settled->second.restored;
}

bool Ledger::expects(MailboxIndex mailbox) const {
    return !mailboxes_.at(mailbox).pending.empty();
}

bool Ledger::expects(MailboxIndex mailbox, Instant at) const {
    return std::ranges::any_of(mailboxes_.at(mailbox).pending,
                               [&](MailId id) { return pending_.at(id).started <= at; });
}

Duration Ledger::longest_wait() const {
    Duration longest{};
    for (const Probe& probe : probes_)
        longest = std::max(longest, probe.settings.deadline + probe.settings.grace);
    return longest;
}

std::uint64_t Ledger::pending(ProbeIndex probe) const {
    return probes_.at(probe).pending;
}

std::optional<WallTime> Ledger::oldest_pending(ProbeIndex probe) const {
    const auto& order = probes_.at(probe).order;
    if (order.empty()) return std::nullopt;
    const auto found = pending_.find(order.front());
    if (found == pending_.end()) return std::nullopt;
    return found->second.wall;
}

LedgerTotals Ledger::totals() const noexcept {
    return {started_, restored_, verdicts_, static_cast<std::uint64_t>(pending_.size())};
}

}  // namespace mailprobed
