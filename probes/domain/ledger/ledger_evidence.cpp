// SPDX-License-Identifier: Apache-2.0
// What is learnt of a mail beside its arrival in time (claims C16).
#include "probes/domain/ledger/ledger.hpp"

#include <algorithm>

namespace mailprobed {

void Ledger::changed(Outcome& outcome, const Settled& settled) {
    // What is kept of it may be more than this run knows.
    if (settled.orphan) return;
    if (!outcome.judged.empty() && outcome.judged.back().mail == settled.mail) {
        outcome.judged.back() = settled;
    } else {
        outcome.judged.push_back(settled);
    }
}

void Ledger::learnt(Outcome& outcome, const Settled& settled, Evidence kind,
                    std::optional<Duration> latency) {
    outcome.evidence.push_back({settled.mail, settled.index, kind, latency});
}

void Ledger::note_arrival(Outcome& outcome, Settled& settled, Instant upper, Instant lower) {
    if (settled.arrived) return;
    settled.arrived = true;
    if (settled.verdict == Verdict::delivered) return;
    if (settled.refused || settled.verdict == Verdict::bounced) {
        learnt(outcome, settled, Evidence::contradiction);
        return;
    }
    const bool found = settled.verdict == Verdict::unobserved && lower < settled.deadline;
    std::optional<Duration> latency;
    if (settled.exact) latency = upper - settled.started;
    learnt(outcome, settled, found ? Evidence::found : Evidence::late, latency);
}

Outcome Ledger::copies_proven(const Sighting& sighting) {
    Outcome outcome;
    const auto found = settled_.find(sighting.mail);
    if (found == settled_.end() || found->second.attempt != sighting.attempt) return outcome;
    Settled& settled = found->second;
    // A server that shows a removed entry again under its old id did not make a copy.
    const auto here = std::ranges::count_if(sighting.entries, [&](std::uint64_t entry) {
        return entry == 0 || entry != settled.removed_entry;
    });
    const auto copies = std::min<std::int64_t>(settled.removed + here - 1, 255);
    if (copies <= settled.duplicates) return outcome;
    learnt(outcome, settled, Evidence::duplicate);
    outcome.evidence.back().count = static_cast<std::uint32_t>(copies - settled.duplicates);
    settled.duplicates = static_cast<std::uint8_t>(copies);
    outcome.evidence.back().total = settled.duplicates;
    changed(outcome, settled);
    return outcome;
}

void Ledger::clock_set(Duration step, Instant now) {
    for (auto& [id, mail] : pending_) {
        // Those of this run have nothing but instants of the boot clock.
        if (!mail.converted) continue;
        // By the clock as it is now it is so much older; none starts after now.
        const Duration shift = std::min(-step, now - mail.started);
        mail.started += shift;
        mail.handed += shift;
        mail.deadline += shift;
        mail.grace_end += shift;
    }
}

Outcome Ledger::bounced(const BounceSeen& bounce, Instant now) {
    Outcome outcome;
    const auto pending = pending_.find(bounce.mail);
    // What became of an attempt that was refused says nothing of the one that is under way.
    const bool of_another = pending != pending_.end() && bounce.attempt != 0 &&
                            bounce.attempt != pending->second.attempt;
    if (pending != pending_.end() && (bounce.weak || of_another)) {
        if (!pending->second.weak) pending->second.weak = bounce;
        return outcome;
    }
    if (pending != pending_.end()) {
        judge_bounced(outcome, bounce, now);
        return outcome;
    }
    const auto settled = settled_.find(bounce.mail);
    if (settled == settled_.end() || settled->second.bounced) return outcome;
    // What may be a report does not contradict a mail that arrived.
    if (bounce.weak && settled->second.arrived) return outcome;
    settled->second.bounced = true;
    learnt(outcome, settled->second, Evidence::bounce);
    changed(outcome, settled->second);
    return outcome;
}

void Ledger::judge_bounced(Outcome& outcome, BounceSeen report, Instant now) {
    Judgement& result = judge(outcome, report.mail, Verdict::bounced, now);
    result.status_class = report.status_class;
    result.detail = std::move(report.detail);
    Settled& settled = settled_.at(report.mail);
    settled.bounced = true;
    changed(outcome, settled);
}

Outcome Ledger::deleted(MailId mail, std::uint8_t attempt,
                        const std::vector<std::uint64_t>& entries) {
    Outcome outcome;
    const auto found = settled_.find(mail);
    if (found == settled_.end() || entries.empty()) return outcome;
    Settled& settled = found->second;
    // What was removed of another attempt does not make a later copy of this one a duplicate.
    if (settled.attempt != attempt) return outcome;
    settled.removed =
        static_cast<std::uint8_t>(std::min<std::size_t>(settled.removed + entries.size(), 255));
    settled.removed_entry = entries.front();
    changed(outcome, settled);
    return outcome;
}

}  // namespace mailprobed
