// SPDX-License-Identifier: Apache-2.0
// The rules of verdicts and evidence (ARCHITECTURE.md, "What may be claimed").
#include "probes/domain/ledger.hpp"

#include <algorithm>

namespace mailprobed {

MailboxIndex Ledger::add_mailbox() {
    mailboxes_.emplace_back();
    return static_cast<MailboxIndex>(mailboxes_.size() - 1);
}

ProbeIndex Ledger::add_probe(const LedgerProbe& probe) {
    const auto index = static_cast<ProbeIndex>(probes_.size());
    probes_.push_back({probe, 0, {}});
    by_id_.emplace(probe.id, index);
    return index;
}

void Ledger::set_grace(ProbeIndex probe, Duration grace) {
    probes_.at(probe).settings.grace = grace;
}

void Ledger::start(const NewMail& mail) {
    Probe& probe = probes_.at(mail.probe);
    Mail entry;
    entry.probe = mail.probe;
    entry.started = mail.now;
    entry.deadline = mail.now + probe.settings.deadline;
    entry.grace_end = entry.deadline + probe.settings.grace;
    entry.wall = mail.wall;
    entry.digest = mail.body_digest;
    pending_.emplace(mail.mail, std::move(entry));
    mailboxes_.at(probe.settings.mailbox).pending.push_back(mail.mail);
    probe.order.push_back(mail.mail);
    ++probe.pending;
    ++started_;
}

void Ledger::connecting(MailId mail, Instant at) {
    const auto found = pending_.find(mail);
    if (found == pending_.end() || found->second.connected) return;
    Mail& entry = found->second;
    const LedgerProbe& probe = probes_.at(entry.probe).settings;
    entry.connected = true;
    entry.started = at;
    entry.deadline = at + probe.deadline;
    entry.grace_end = entry.deadline + probe.grace;
}

void Ledger::handed(MailId mail, Instant at) {
    const auto found = pending_.find(mail);
    if (found == pending_.end()) return;
    found->second.state = State::handed;
    found->second.handed = at;
}

Outcome Ledger::accepted(MailId mail) {
    Outcome outcome;
    const auto found = pending_.find(mail);
    if (found == pending_.end()) return outcome;  // it arrived before the server's answer did
    found->second.state = State::accepted;
    if (found->second.absent_at_deadline) {
        outcome.judgements.push_back(judge_absence(mail, found->second.deadline));
    }
    return outcome;
}

Outcome Ledger::send_failed(MailId mail, StageCause failure, std::string detail) {
    Outcome outcome;
    const auto found = pending_.find(mail);
    if (found == pending_.end()) {
        const auto settled = settled_.find(mail);
        if (settled != settled_.end()) {
            settled->second.refused = true;
            outcome.evidence.push_back(
                {mail, settled->second.probe, Evidence::contradiction, std::nullopt, 1});
        }
        return outcome;
    }
    found->second.failure = failure;
    found->second.detail = std::move(detail);
    outcome.judgements.push_back(judge(mail, Verdict::send_failed, found->second.deadline));
    settled_.at(mail).refused = true;
    return outcome;
}

Outcome Ledger::unconfirmed(MailId mail, StageCause failure, std::string detail) {
    Outcome outcome;
    const auto found = pending_.find(mail);
    if (found == pending_.end()) return outcome;
    found->second.state = State::unconfirmed;
    found->second.failure = failure;
    found->second.detail = std::move(detail);
    if (found->second.absent_at_deadline) {
        outcome.judgements.push_back(judge_absence(mail, found->second.deadline));
    }
    return outcome;
}

void Ledger::look_began(MailboxIndex mailbox, Instant at) {
    Mailbox& box = mailboxes_.at(mailbox);
    box.looking = true;
    box.look_began = at;
}

Instant Ledger::lower_bound(const Mailbox& mailbox, Instant handed) const {
    return std::max(handed, mailbox.complete_login);
}

Outcome Ledger::sighted(MailboxIndex mailbox, const Sighting& sighting, Instant now) {
    Outcome outcome;
    const Mailbox& box = mailboxes_.at(mailbox);
    if (pending_.contains(sighting.mail)) {
        outcome.judgements.push_back(judge_arrival(sighting.mail, sighting, now));
    } else if (!settled_.contains(sighting.mail)) {
        // Ours by its tag, but not of this ledger: left by an earlier run or judged long ago.
        const auto probe = by_id_.find(sighting.probe_id);
        if (probe != by_id_.end()) {
            outcome.evidence.push_back(
                {sighting.mail, probe->second, Evidence::orphan, std::nullopt, 1});
            Settled settled;
            settled.probe = probe->second;
            settled.verdict = Verdict::delivered;
            settled.started = settled.handed = settled.deadline = now;
            settled_.emplace(sighting.mail, settled);
            forget_.emplace_back(now + evidence_, sighting.mail);
        }
    }
    const auto settled = settled_.find(sighting.mail);
    if (settled == settled_.end()) return outcome;
    note_arrival(outcome, sighting.mail, settled->second, sighting.listed_at,
                 lower_bound(box, settled->second.handed));
    count_copies(outcome, sighting.mail, settled->second, sighting);
    return outcome;
}

void Ledger::note_arrival(Outcome& outcome, MailId id, Settled& settled, Instant upper,
                          Instant lower) {
    if (settled.arrived || settled.verdict == Verdict::delivered) return;
    settled.arrived = true;
    AfterVerdict fact{id, settled.probe, Evidence::late, upper - settled.started, 1};
    if (settled.refused) {
        fact.kind = Evidence::contradiction;
        fact.latency.reset();
    } else if (settled.verdict == Verdict::unobserved && lower < settled.deadline) {
        fact.kind = Evidence::found;
    }
    outcome.evidence.push_back(fact);
}

void Ledger::count_copies(Outcome& outcome, MailId id, Settled& settled, const Sighting& sighting) {
    // A server that shows a removed entry again under its old id did not make a copy.
    const auto here = std::ranges::count_if(sighting.entries, [&](std::uint64_t entry) {
        return entry == 0 || entry != settled.removed_entry;
    });
    const auto copies = std::min<std::int64_t>(settled.removed + here - 1, 255);
    if (copies <= settled.duplicates) return;
    outcome.evidence.push_back({id, settled.probe, Evidence::duplicate, std::nullopt,
                                static_cast<std::uint32_t>(copies - settled.duplicates)});
    settled.duplicates = static_cast<std::uint8_t>(copies);
}

void Ledger::deleted(MailId mail, const std::vector<std::uint64_t>& entries) {
    const auto found = settled_.find(mail);
    if (found == settled_.end() || entries.empty()) return;
    found->second.removed = static_cast<std::uint8_t>(
        std::min<std::size_t>(found->second.removed + entries.size(), 255));
    found->second.removed_entry = entries.front();
}

Outcome Ledger::look_ended(MailboxIndex mailbox, bool complete, std::optional<Instant> login_at,
                           Instant now) {
    Outcome outcome;
    Mailbox& box = mailboxes_.at(mailbox);
    box.looking = false;
    if (!complete || !login_at) {
        box.failed_began = box.look_began;
        return outcome;
    }
    box.complete_login = *login_at;
    std::vector<MailId> absent;
    for (const MailId id : box.pending) {
        Mail& mail = pending_.at(id);
        if (*login_at < mail.deadline || *login_at > mail.grace_end) continue;
        if (mail.state == State::accepted || mail.state == State::unconfirmed) {
            absent.push_back(id);
        } else {
            mail.absent_at_deadline = true;
        }
    }
    for (const MailId id : absent)
        outcome.judgements.push_back(judge_absence(id, now));
    return outcome;
}

Outcome Ledger::settle(MailboxIndex mailbox, Instant now) {
    Outcome outcome;
    Mailbox& box = mailboxes_.at(mailbox);
    std::vector<MailId> over;
    for (const MailId id : box.pending) {
        const Mail& mail = pending_.at(id);
        if (now < mail.grace_end) continue;
        if (mail.state != State::accepted && mail.state != State::unconfirmed) continue;
        // A look that logged in within the grace may still bring the answer.
        if (box.looking && box.look_began <= mail.grace_end) continue;
        over.push_back(id);
    }
    for (const MailId id : over) {
        outcome.judgements.push_back(judge(id, Verdict::unobserved, now));
    }
    forget_old(now);
    return outcome;
}

Judgement Ledger::judge_arrival(MailId id, const Sighting& sighting, Instant now) {
    const Mail& mail = pending_.at(id);
    const Mailbox& box = mailboxes_.at(probes_.at(mail.probe).settings.mailbox);
    // A copy seen before the dot was written is a replay of what the wire carried; it dates
    // nothing.
    const Instant handed = mail.state == State::intended ? mail.started : mail.handed;
    const Instant lower = std::min(lower_bound(box, handed), sighting.listed_at);
    if (lower > mail.deadline) return judge_absence(id, now);
    const Instant deadline = mail.deadline;
    const bool unmeasured = box.failed_began > lower;
    BodyState body = sighting.body;
    if (sighting.digest) {
        body = *sighting.digest == mail.digest ? BodyState::intact : BodyState::altered;
    }
    Judgement result = judge(id, Verdict::delivered, now);
    result.handed = handed;
    result.lower = lower;
    result.upper = sighting.listed_at;
    result.deadline_uncertain = sighting.listed_at > deadline;
    result.unmeasured = unmeasured;
    result.body = body;
    return result;
}

Judgement Ledger::judge_absence(MailId id, Instant now) {
    const bool accepted = pending_.at(id).state == State::accepted;
    return judge(id, accepted ? Verdict::lost : Verdict::send_failed, now);
}

Judgement Ledger::judge(MailId id, Verdict verdict, Instant now) {
    const auto found = pending_.find(id);
    Mail mail = std::move(found->second);
    pending_.erase(found);
    Probe& probe = probes_.at(mail.probe);
    std::erase(mailboxes_.at(probe.settings.mailbox).pending, id);
    --probe.pending;
    while (!probe.order.empty() && !pending_.contains(probe.order.front())) {
        probe.order.pop_front();
    }
    ++verdicts_;

    Settled settled;
    settled.probe = mail.probe;
    settled.verdict = verdict;
    settled.started = mail.started;
    settled.handed = mail.handed;
    settled.deadline = mail.deadline;
    settled_.emplace(id, settled);
    forget_.emplace_back(std::max(now, mail.deadline) + evidence_, id);

    Judgement result;
    result.mail = id;
    result.probe = mail.probe;
    result.verdict = verdict;
    if (verdict == Verdict::send_failed) {
        result.failure = mail.failure;
        result.detail = std::move(mail.detail);
    }
    result.started = mail.started;
    result.handed = mail.handed;
    result.deadline = mail.deadline;
    return result;
}

void Ledger::forget_old(Instant now) {
    // Not strictly ordered: a mail with a long deadline may hold back others for a while.
    while (!forget_.empty() && forget_.front().first <= now) {
        settled_.erase(forget_.front().second);
        forget_.pop_front();
    }
}

std::vector<AwaitedMail> Ledger::awaited(MailboxIndex mailbox) const {
    std::vector<AwaitedMail> result;
    for (const MailId id : mailboxes_.at(mailbox).pending) {
        const Mail& mail = pending_.at(id);
        if (mail.state == State::intended) continue;
        result.push_back({mail.handed, mail.deadline, mail.grace_end});
    }
    return result;
}

std::optional<Instant> Ledger::next_settlement(MailboxIndex mailbox) const {
    std::optional<Instant> earliest;
    for (const MailId id : mailboxes_.at(mailbox).pending) {
        const Mail& mail = pending_.at(id);
        if (mail.state != State::accepted && mail.state != State::unconfirmed) continue;
        if (!earliest || mail.grace_end < *earliest) earliest = mail.grace_end;
    }
    return earliest;
}

std::optional<Instant> Ledger::deadline_of(MailId mail) const {
    const auto found = pending_.find(mail);
    if (found == pending_.end()) return std::nullopt;
    return found->second.deadline;
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
    return {started_, verdicts_, static_cast<std::uint64_t>(pending_.size())};
}

}  // namespace mailprobed
