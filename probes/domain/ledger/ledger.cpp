// SPDX-License-Identifier: Apache-2.0
// The rules of verdicts and evidence (ARCHITECTURE.md, "What may be claimed").
#include "probes/domain/ledger/ledger.hpp"

#include <algorithm>
#include <utility>

namespace mailprobed {
namespace {

/// A mail has few attempts; what is beyond shares a bit.
std::uint32_t bit_of(std::uint8_t attempt) noexcept {
    return 1U << std::min<unsigned>(attempt, 31U);
}

}  // namespace

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

void Ledger::change_probe(ProbeIndex probe, const LedgerProbe& settings) {
    probes_.at(probe).settings = settings;
}

void Ledger::start(const NewMail& mail) {
    const Probe& probe = probes_.at(mail.probe);
    Mail entry;
    entry.probe = mail.probe;
    entry.started = mail.now;
    entry.deadline = mail.now + probe.settings.deadline;
    entry.grace_end = entry.deadline + probe.settings.grace;
    entry.wall = mail.wall;
    entry.digest = mail.body_digest;
    enter(mail.mail, std::move(entry));
    ++started_;
}

void Ledger::enter(MailId id, Mail mail) {
    Probe& probe = probes_.at(mail.probe);
    mail.mailbox = probe.settings.mailbox;
    mail.reports = probe.settings.reports;
    mailboxes_.at(mail.mailbox).pending.push_back(id);
    pending_.emplace(id, std::move(mail));
    probe.order.push_back(id);
    ++probe.pending;
}

void Ledger::connecting(MailId mail, Instant at) {
    const auto found = pending_.find(mail);
    if (found == pending_.end() || found->second.connected) return;
    // What a reload changed meanwhile is for later mails.
    Mail& entry = found->second;
    const Duration waited = at - entry.started;
    entry.connected = true;
    entry.started = at;
    entry.deadline += waited;
    entry.grace_end += waited;
}

void Ledger::handed(MailId mail, Instant at) {
    const auto found = pending_.find(mail);
    if (found == pending_.end()) return;
    found->second.state = State::handed;
    found->second.handed = at;
    found->second.handed_attempt = found->second.attempt;
}

Outcome Ledger::accepted(MailId mail, std::string reply) {
    Outcome outcome;
    const auto found = pending_.find(mail);
    if (found == pending_.end()) return outcome;  // it arrived before the server's answer did
    found->second.state = State::accepted;
    found->second.detail = std::move(reply);
    if (found->second.absent_at_deadline) absent(outcome, mail, found->second.deadline);
    return outcome;
}

Outcome Ledger::attempt_refused(MailId mail) {
    Outcome outcome;
    const auto found = pending_.find(mail);
    if (found != pending_.end()) {
        found->second.state = State::intended;
        found->second.refused_attempts |= bit_of(found->second.attempt);
        return outcome;
    }
    const auto settled = settled_.find(mail);
    if (settled != settled_.end() && settled->second.arrived) {
        outcome.evidence.push_back(
            {mail, settled->second.probe, Evidence::contradiction, std::nullopt, 1});
    }
    return outcome;
}

void Ledger::attempt_began(MailId mail, std::uint8_t attempt, std::uint64_t body_digest) {
    const auto found = pending_.find(mail);
    if (found == pending_.end()) return;
    found->second.state = State::intended;
    found->second.earlier_digests.resize(found->second.attempt);
    found->second.earlier_digests.back() = found->second.digest;
    found->second.attempt = attempt;
    found->second.digest = body_digest;
    // The attempts before were refused; this one is made with a key of now.
    found->second.unreadable = false;
}

Outcome Ledger::send_failed(MailId mail, StageCause failure, std::string detail) {
    Outcome outcome;
    const auto found = pending_.find(mail);
    if (found == pending_.end()) {
        const auto settled = settled_.find(mail);
        if (settled != settled_.end()) {
            settled->second.refused = true;
            // Only what was there to be contradicted: a bounce agrees with the refusal.
            if (settled->second.arrived) {
                outcome.evidence.push_back(
                    {mail, settled->second.probe, Evidence::contradiction, std::nullopt, 1});
            }
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
    if (found->second.absent_at_deadline) absent(outcome, mail, found->second.deadline);
    return outcome;
}

void Ledger::look_began(MailboxIndex mailbox, Instant at) {
    Mailbox& box = mailboxes_.at(mailbox);
    box.looking = true;
    box.look_began = at;
}

Instant Ledger::lower_bound(const Mailbox& mailbox, Instant handed) const {
    return std::max(handed, mailbox.complete_snapshot);
}

Outcome Ledger::sighted(MailboxIndex mailbox, const Sighting& sighting, Instant now) {
    Outcome outcome;
    const Mailbox& box = mailboxes_.at(mailbox);
    const auto pending = pending_.find(sighting.mail);
    if (pending != pending_.end()) {
        const bool refused = (pending->second.refused_attempts & bit_of(sighting.attempt)) != 0;
        outcome.judgements.push_back(judge_arrival(sighting.mail, sighting, now));
        if (refused) {
            outcome.evidence.push_back({sighting.mail, outcome.judgements.back().probe,
                                        Evidence::contradiction, std::nullopt, 1});
        }
    } else if (!settled_.contains(sighting.mail)) {
        // Ours by its tag, but not of this ledger: left by an earlier run or judged long ago.
        const auto probe = by_id_.find(sighting.probe_id);
        if (probe != by_id_.end()) {
            outcome.evidence.push_back(
                {sighting.mail, probe->second, Evidence::orphan, std::nullopt, 1});
            Settled settled;
            settled.probe = probe->second;
            settled.mailbox = mailbox;
            settled.verdict = Verdict::delivered;
            settled.arrived = true;
            settled.attempt = sighting.attempt;
            settled.started = settled.handed = settled.deadline = now;
            settled_.emplace(sighting.mail, settled);
            forget_.emplace_back(now + evidence_, sighting.mail);
        }
    }
    const auto settled = settled_.find(sighting.mail);
    if (settled == settled_.end()) return outcome;
    Settled& entry = settled->second;
    if (entry.attempt != 0 && entry.attempt != sighting.attempt) {
        if ((entry.retry_copies & bit_of(sighting.attempt)) == 0) {
            entry.retry_copies |= bit_of(sighting.attempt);
            outcome.evidence.push_back(
                {sighting.mail, entry.probe, Evidence::retry_copy, std::nullopt, 1});
        }
        return outcome;
    }
    entry.attempt = sighting.attempt;
    const bool was_hidden = sighting.hidden || entry.started <= box.blind;
    note_arrival(outcome, sighting.mail, entry, sighting.listed_at,
                 was_hidden ? entry.handed : lower_bound(box, entry.handed));
    return outcome;
}

Outcome Ledger::look_ended(MailboxIndex mailbox, bool complete, std::optional<Instant> snapshot_at,
                           Instant now, std::optional<Instant> blind,
                           std::optional<Instant> proven_until, std::optional<Instant> seen_until) {
    Outcome outcome;
    Mailbox& box = mailboxes_.at(mailbox);
    box.looking = false;
    box.blind = blind.value_or(Instant::min());
    if (!complete || !snapshot_at) {
        box.hindered_until = std::max(box.hindered_until, now);
        return outcome;
    }
    const Instant proven = std::min(*snapshot_at, proven_until.value_or(*snapshot_at));
    const Instant seen = std::min(*snapshot_at, seen_until.value_or(*snapshot_at));
    box.complete_snapshot = std::max(box.complete_snapshot, seen);
    // A look that passed entries over widens the gap as a failed one does.
    if (seen < *snapshot_at) box.hindered_until = std::max(box.hindered_until, now);
    box.hindered_until = std::min(box.hindered_until, *snapshot_at);
    std::vector<MailId> missing;
    for (const MailId id : box.pending) {
        Mail& mail = pending_.at(id);
        if (proven < mail.deadline || *snapshot_at > mail.grace_end) continue;
        if (mail.state == State::accepted || mail.state == State::unconfirmed) {
            missing.push_back(id);
        } else {
            mail.absent_at_deadline = true;
        }
    }
    for (const MailId id : missing)
        absent(outcome, id, now);
    std::erase_if(box.unobserved, [&](MailId id) {
        const auto found = settled_.find(id);
        if (found == settled_.end() || found->second.arrived) return true;
        if (proven < found->second.deadline) return false;
        if (found->second.started <= box.blind) return false;
        found->second.handed = std::max(found->second.handed, *snapshot_at);
        outcome.absent.push_back(id);
        return true;
    });
    return outcome;
}

void Ledger::looks_rest(MailboxIndex mailbox, Instant until) {
    Mailbox& box = mailboxes_.at(mailbox);
    box.hindered_until = std::max(box.hindered_until, until);
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
        if (pending_.at(id).awaits_report) {
            const std::string& before = mailboxes_.at(*pending_.at(id).reports).reports_remark;
            std::string remark = "the sender's mailbox was not looked into after the deadline";
            if (!before.empty()) remark += " (the look before: " + before + ")";
            outcome.judgements.push_back(judge_absence(id, now, remark));
            continue;
        }
        outcome.judgements.push_back(judge(id, Verdict::unobserved, now));
        box.unobserved.push_back(id);
    }
    forget_old(now);
    if (!over.empty()) {
        std::erase_if(box.unobserved, [&](MailId id) { return !settled_.contains(id); });
    }
    return outcome;
}

std::optional<std::uint64_t> Ledger::digest_of(const Mail& mail, std::uint8_t attempt) {
    if (attempt == mail.attempt) return mail.digest;
    // 0 stands for one that an earlier run made.
    if (attempt == 0 || attempt > mail.earlier_digests.size()) return std::nullopt;
    const std::uint64_t digest = mail.earlier_digests[attempt - 1U];
    return digest == 0 ? std::nullopt : std::optional(digest);
}

Judgement Ledger::judge_arrival(MailId id, const Sighting& sighting, Instant now) {
    const Mail& mail = pending_.at(id);
    const Mailbox& box = mailboxes_.at(mail.mailbox);
    // A copy seen before the dot was written is a replay of what the wire carried; it dates
    // nothing.
    const bool of_this_attempt =
        mail.handed_attempt != 0 && sighting.attempt == mail.handed_attempt;
    const Instant handed = of_this_attempt ? mail.handed : mail.started;
    const Instant seen_since = sighting.hidden ? handed : lower_bound(box, handed);
    const Instant lower = std::min(seen_since, sighting.listed_at);
    if (lower > mail.deadline) return judge_absence(id, now);
    const Instant deadline = mail.deadline;
    const bool unmeasured = box.hindered_until > lower || mail.inexact || sighting.hidden;
    std::string early;
    if (mail.state == State::handed && of_this_attempt) {
        early = "it arrived before the server had answered the dot";
    }
    if (mail.handed_attempt == 0 && !mail.restored) {
        early = "a copy arrived before the dot was written: somebody replays mails";
    }
    BodyState body = sighting.body;
    if (sighting.digest) {
        const std::optional<std::uint64_t> sent = digest_of(mail, sighting.attempt);
        body = !sent                       ? BodyState::unread
               : *sighting.digest == *sent ? BodyState::intact
                                           : BodyState::altered;
    }
    Judgement result = judge(id, Verdict::delivered, now);
    result.handed = handed;
    result.lower = lower;
    result.upper = sighting.listed_at;
    result.attempt = sighting.attempt;
    result.deadline_uncertain = sighting.listed_at > deadline;
    result.unmeasured = unmeasured;
    result.detail = std::move(early);
    result.body = body;
    return result;
}

Judgement Ledger::judge(MailId id, Verdict verdict, Instant now) {
    const auto found = pending_.find(id);
    Mail mail = std::move(found->second);
    pending_.erase(found);
    Probe& probe = probes_.at(mail.probe);
    std::erase(mailboxes_.at(mail.mailbox).pending, id);
    --probe.pending;
    while (!probe.order.empty() && !pending_.contains(probe.order.front())) {
        probe.order.pop_front();
    }
    ++verdicts_;

    Settled settled;
    settled.probe = mail.probe;
    settled.mailbox = mail.mailbox;
    settled.restored = mail.restored;
    settled.inexact = mail.inexact;
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
    result.attempt = mail.attempt;
    if (verdict == Verdict::send_failed) {
        // Without any: the deadline passed before the server had answered the dot.
        result.failure = mail.failure.value_or(StageCause{Stage::accept, Cause::timeout});
    }
    if (verdict != Verdict::delivered) result.detail = std::move(mail.detail);
    result.started = mail.started;
    result.handed = mail.handed;
    result.deadline = mail.deadline;
    result.inexact = mail.inexact;
    return result;
}

void Ledger::forget_old(Instant now) {
    // Not strictly ordered: a mail with a long deadline may hold back others for a while.
    while (!forget_.empty() && forget_.front().first <= now) {
        settled_.erase(forget_.front().second);
        forget_.pop_front();
    }
}

}  // namespace mailprobed
