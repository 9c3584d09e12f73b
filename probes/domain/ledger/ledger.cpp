// SPDX-License-Identifier: Apache-2.0
// The rules of verdicts and evidence (docs/claims.md; verdicts are claims C11 to claims C15).
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

void Ledger::changed(Outcome& outcome, MailId id) const {
    const auto found = pending_.find(id);
    if (found != pending_.end()) outcome.states.push_back(found->second);
}

void Ledger::start(ProbeIndex probe, MailState mail) {
    const LedgerProbe& settings = probes_.at(probe).settings;
    Mail entry;
    static_cast<MailState&>(entry) = std::move(mail);
    entry.index = probe;
    entry.deadline = entry.started + settings.deadline;
    entry.grace_end = entry.deadline + settings.grace;
    enter(std::move(entry));
    ++started_;
}

void Ledger::enter(Mail mail) {
    const MailId id = mail.mail;
    Probe& probe = probes_.at(mail.index);
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
    found->second.handed = at;
    found->second.handed_attempt = found->second.attempt;
}

Outcome Ledger::accepted(MailId mail, std::string reply) {
    Outcome outcome;
    const auto found = pending_.find(mail);
    if (found == pending_.end()) return outcome;  // it arrived before the server's answer did
    found->second.progress = Progress::accepted;
    found->second.failure.reset();
    found->second.detail = std::move(reply);
    if (found->second.absent_at_deadline) absent(outcome, mail, found->second.deadline);
    changed(outcome, mail);
    return outcome;
}

Outcome Ledger::attempt_refused(MailId mail, StageCause failure, std::string detail,
                                Instant again_at) {
    Outcome outcome;
    const auto found = pending_.find(mail);
    if (found != pending_.end()) {
        Mail& entry = found->second;
        entry.progress = Progress::retry;
        entry.failure = failure;
        entry.detail = std::move(detail);
        entry.again_at = again_at;
        entry.refused_attempts |= bit_of(entry.attempt);
        changed(outcome, mail);
        return outcome;
    }
    const auto settled = settled_.find(mail);
    if (settled != settled_.end() && settled->second.arrived) {
        learnt(outcome, settled->second, Evidence::contradiction);
    }
    return outcome;
}

void Ledger::attempt_began(MailId mail, std::uint8_t attempt, std::uint64_t body_digest,
                           std::uint64_t tag_key) {
    const auto found = pending_.find(mail);
    if (found == pending_.end()) return;
    Mail& entry = found->second;
    entry.progress = Progress::intended;
    entry.earlier_digests.resize(entry.attempt);
    entry.earlier_digests.back() = entry.body_digest;
    entry.attempt = attempt;
    entry.body_digest = body_digest;
    entry.tag_key = tag_key;
    // What became of the one before says nothing of this one.
    entry.failure.reset();
    entry.detail.clear();
    // The attempts before were refused; this one is made with a key of now.
    entry.unreadable = false;
}

Outcome Ledger::send_failed(MailId mail, StageCause failure, std::string detail) {
    Outcome outcome;
    const auto found = pending_.find(mail);
    if (found != pending_.end()) {
        found->second.failure = failure;
        found->second.detail = std::move(detail);
        judge(outcome, mail, Verdict::send_failed, found->second.deadline);
    }
    const auto settled = settled_.find(mail);
    if (settled == settled_.end()) return outcome;
    settled->second.refused = true;
    // Only what was there to be contradicted: a bounce agrees with the refusal.
    if (settled->second.arrived) learnt(outcome, settled->second, Evidence::contradiction);
    changed(outcome, settled->second);
    return outcome;
}

Outcome Ledger::unconfirmed(MailId mail, StageCause failure, std::string detail) {
    Outcome outcome;
    const auto found = pending_.find(mail);
    if (found == pending_.end()) return outcome;
    found->second.progress = Progress::unconfirmed;
    found->second.failure = failure;
    found->second.detail = std::move(detail);
    if (found->second.absent_at_deadline) absent(outcome, mail, found->second.deadline);
    changed(outcome, mail);
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
        judge_arrival(outcome, sighting.mail, sighting, now);
        if (refused) learnt(outcome, settled_.at(sighting.mail), Evidence::contradiction);
    } else if (!settled_.contains(sighting.mail)) {
        // Ours by its tag, but not of this ledger: left by an earlier run or judged long ago.
        const auto probe = by_id_.find(sighting.probe_id);
        if (probe == by_id_.end()) return outcome;
        Settled settled;
        settled.mail = sighting.mail;
        settled.index = probe->second;
        settled.mailbox = mailbox;
        settled.verdict = Verdict::delivered;
        settled.arrived = true;
        settled.attempt = sighting.attempt;
        settled.started = settled.handed = settled.deadline = now;
        settled.orphan = true;
        learnt(outcome, settled, Evidence::orphan);
        settled_.emplace(sighting.mail, settled);
        forget_.emplace_back(now + evidence_, sighting.mail);
    }
    Settled& entry = settled_.at(sighting.mail);
    if (entry.attempt != 0 && entry.attempt != sighting.attempt) {
        if ((entry.retry_copies & bit_of(sighting.attempt)) == 0) {
            entry.retry_copies |= bit_of(sighting.attempt);
            learnt(outcome, entry, Evidence::retry_copy);
            changed(outcome, entry);
        }
        return outcome;
    }
    if (entry.attempt == sighting.attempt && entry.arrived) return outcome;
    entry.attempt = sighting.attempt;
    const bool was_hidden = sighting.hidden || entry.started <= box.blind;
    note_arrival(outcome, entry, sighting.listed_at,
                 was_hidden ? entry.handed : lower_bound(box, entry.handed));
    changed(outcome, entry);
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
        if (mail.answered()) {
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
        found->second.absent = true;
        changed(outcome, found->second);
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
        if (!mail.answered()) continue;
        // A look that logged in within the grace may still bring the answer.
        if (box.looking && box.look_began <= mail.grace_end) continue;
        over.push_back(id);
    }
    for (const MailId id : over) {
        if (pending_.at(id).awaits_report) {
            const std::string& before = mailboxes_.at(*pending_.at(id).reports).reports_remark;
            std::string remark = "the sender's mailbox was not looked into after the deadline";
            if (!before.empty()) remark += " (the look before: " + before + ")";
            judge_absence(outcome, id, now, remark);
            continue;
        }
        judge(outcome, id, Verdict::unobserved, now);
        box.unobserved.push_back(id);
    }
    forget_old(now);
    if (!over.empty()) {
        std::erase_if(box.unobserved, [&](MailId id) { return !settled_.contains(id); });
    }
    return outcome;
}

std::optional<std::uint64_t> Ledger::digest_of(const Mail& mail, std::uint8_t attempt) {
    if (attempt == mail.attempt) return mail.body_digest;
    // 0 stands for one that an earlier run made.
    if (attempt == 0 || attempt > mail.earlier_digests.size()) return std::nullopt;
    const std::uint64_t digest = mail.earlier_digests[attempt - 1U];
    return digest == 0 ? std::nullopt : std::optional(digest);
}

void Ledger::judge_arrival(Outcome& outcome, MailId id, const Sighting& sighting, Instant now) {
    const Mail& mail = pending_.at(id);
    const Mailbox& box = mailboxes_.at(mail.mailbox);
    // A copy seen before the dot was written is a replay of what the wire carried; it dates
    // nothing.
    const bool of_this_attempt =
        mail.handed_attempt != 0 && sighting.attempt == mail.handed_attempt;
    const Instant handed = of_this_attempt ? mail.handed : mail.started;
    const Instant seen_since = sighting.hidden ? handed : lower_bound(box, handed);
    const Instant lower = std::min(seen_since, sighting.listed_at);
    if (lower > mail.deadline) {
        judge_absence(outcome, id, now);
        return;
    }
    const bool unmeasured = box.hindered_until > lower || !mail.exact || sighting.hidden;
    std::string early;
    if (mail.dot_written() && of_this_attempt) {
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
    Judgement& result = judge(outcome, id, Verdict::delivered, now);
    result.handed = handed;
    result.lower = lower;
    result.upper = sighting.listed_at;
    result.attempt = sighting.attempt;
    result.deadline_uncertain = sighting.listed_at > result.deadline;
    result.unmeasured = unmeasured;
    result.detail = std::move(early);
    result.body = body;
}

Judgement& Ledger::judge(Outcome& outcome, MailId id, Verdict verdict, Instant now) {
    const auto found = pending_.find(id);
    Mail mail = std::move(found->second);
    pending_.erase(found);
    Probe& probe = probes_.at(mail.index);
    std::erase(mailboxes_.at(mail.mailbox).pending, id);
    --probe.pending;
    while (!probe.order.empty() && !pending_.contains(probe.order.front())) {
        probe.order.pop_front();
    }
    ++verdicts_;

    Settled settled;
    settled.mail = id;
    settled.index = mail.index;
    settled.mailbox = mail.mailbox;
    settled.restored = mail.restored;
    settled.exact = mail.exact;
    settled.verdict = verdict;
    settled.started = mail.started;
    settled.handed = mail.handed;
    settled.deadline = mail.deadline;
    settled_.emplace(id, settled);
    forget_.emplace_back(std::max(now, mail.deadline) + evidence_, id);
    changed(outcome, settled);

    Judgement& result = outcome.judgements.emplace_back();
    result.index = mail.index;
    result.verdict = verdict;
    static_cast<MailState&>(result) = std::move(mail);
    if (verdict != Verdict::send_failed) {
        result.failure.reset();
    } else if (!result.failure) {
        // The deadline passed before the server had answered the dot.
        result.failure = StageCause{Stage::accept, Cause::timeout};
    }
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
