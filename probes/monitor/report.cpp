// SPDX-License-Identifier: Apache-2.0
// From the ledger's decisions to the facts that the observer is told.
#include "probes/monitor/context.hpp"
#include "probes/net/boot_clock.hpp"

namespace mailprobed {
namespace {

MailJudged fact_of(const Context& context, const Judgement& judgement,
                   std::optional<Instant> planned_at) {
    MailJudged fact;
    fact.probe = context.settings.probes[judgement.probe].name;
    fact.mail = judgement.mail;
    fact.verdict = judgement.verdict;
    fact.at = wall_now();
    fact.failure = judgement.failure;
    fact.detail = judgement.detail;
    if (judgement.verdict != Verdict::delivered) return fact;
    fact.round_trip = judgement.upper - judgement.started;
    fact.delivery = judgement.upper - judgement.handed;
    fact.uncertainty = judgement.upper - judgement.lower;
    if (planned_at) fact.planned_gap = *planned_at - judgement.lower;
    fact.lower = judgement.lower;
    fact.upper = judgement.upper;
    fact.deadline_uncertain = judgement.deadline_uncertain;
    fact.unmeasured = judgement.unmeasured;
    fact.body = judgement.body;
    return fact;
}

}  // namespace

void report_pending(Context& context, ProbeIndex probe) {
    context.needs.observer.pending_changed({context.settings.probes[probe].name,
                                            context.ledger.pending(probe),
                                            context.ledger.oldest_pending(probe)});
}

Awaitable<void> report(Context& context, Outcome outcome, std::optional<Instant> planned_at) {
    for (const Judgement& judgement : outcome.judgements) {
        JournalRecord record;
        record.kind = RecordKind::judged;
        record.mail = judgement.mail;
        record.probe = context.settings.probes[judgement.probe].name;
        record.at = BootClock::now();
        record.wall = wall_now();
        record.failure = judgement.failure;
        record.verdict = judgement.verdict;
        co_await context.needs.journal.record(std::move(record));
        context.needs.observer.mail_judged(fact_of(context, judgement, planned_at));
        report_pending(context, judgement.probe);
        if (context.on_judgement) context.on_judgement(judgement);
    }
    for (const AfterVerdict& evidence : outcome.evidence) {
        for (std::uint32_t i = 0; i < evidence.count; ++i) {
            context.needs.observer.evidence_found({context.settings.probes[evidence.probe].name,
                                                   evidence.mail, evidence.kind, evidence.latency});
        }
    }
}

}  // namespace mailprobed
