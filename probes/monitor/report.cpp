// SPDX-License-Identifier: Apache-2.0
// From the ledger's decisions to the facts that the observer is told.
#include "probes/monitor/context.hpp"
#include "probes/net/boot_clock.hpp"

namespace mailprobed {
namespace {

MailJudged fact_of(const Context& context, const Judgement& judgement,
                   const Circumstances& circumstances) {
    MailJudged fact;
    fact.probe = context.routes[judgement.probe].probe->name;
    fact.mail = judgement.mail;
    fact.verdict = judgement.verdict;
    fact.at = wall_now();
    fact.attempt = judgement.attempt;
    fact.failure = judgement.failure;
    fact.status_class = judgement.status_class;
    fact.detail = judgement.detail;
    if (judgement.verdict != Verdict::delivered) return fact;
    fact.round_trip = judgement.upper - judgement.started;
    fact.delivery = judgement.upper - judgement.handed;
    fact.uncertainty = judgement.upper - judgement.lower;
    if (circumstances.planned_at) fact.planned_gap = *circumstances.planned_at - judgement.lower;
    fact.transit = circumstances.journey.transit;
    fact.authentication = circumstances.journey.authentication;
    fact.lower = judgement.lower;
    fact.upper = judgement.upper;
    fact.deadline_uncertain = judgement.deadline_uncertain;
    fact.unmeasured = judgement.unmeasured;
    fact.inexact = judgement.inexact;
    fact.body = judgement.body;
    return fact;
}

/// Details quote bounces, hops are what the mail says of its way: words of servers like others.
void mask(Context& context, Outcome& outcome, Circumstances& circumstances) {
    for (Judgement& judgement : outcome.judgements) {
        const ProbeSettings& probe = *context.routes[judgement.probe].probe;
        RouteMasks masks(context.masks, context.settings, ends_of(probe));
        const auto masked = [&masks](std::string& text) { text = masks.masked(text); };
        masked(judgement.detail);
        masked(circumstances.journey.hops);
    }
}

}  // namespace

void report_pending(Context& context, ProbeIndex probe) {
    Route& route = context.routes[probe];
    if (route.gone) return;
    context.needs.observer.pending_changed(
        {route.probe->name, route.untold, context.ledger.oldest_pending(probe)});
    if (!route.removed || route.untold != 0) return;
    route.gone = true;
    context.needs.observer.probe_gone(route.probe->name);
}

Awaitable<Durability> report(Context& context, Outcome outcome, Circumstances circumstances) {
    mask(context, outcome, circumstances);
    const WallTime wall = wall_now();
    Durability told = Durability::durable;
    for (const MailId mail : outcome.absent)
        context.needs.journal.note(AbsentRecord{mail});
    // One wait for all records of the outcome: they are kept in this order.
    for (std::size_t i = 0; i < outcome.judgements.size(); ++i) {
        const Judgement& judgement = outcome.judgements[i];
        JournalRecord record = VerdictRecord{judgement, context.routes[judgement.probe].probe->name,
                                             wall, circumstances.journey.hops};
        if (i + 1 < outcome.judgements.size() || !outcome.evidence.empty()) {
            context.needs.journal.note(std::move(record));
        } else {
            told = co_await context.needs.journal.record(std::move(record));
        }
    }
    for (std::size_t i = 0; i < outcome.evidence.size(); ++i) {
        const AfterVerdict& evidence = outcome.evidence[i];
        JournalRecord record = EvidenceRecord{evidence, context.routes[evidence.probe].probe->name,
                                              circumstances.attempt, wall};
        if (i + 1 < outcome.evidence.size()) {
            context.needs.journal.note(std::move(record));
        } else {
            told = co_await context.needs.journal.record(std::move(record));
        }
    }
    for (const Judgement& judgement : outcome.judgements) {
        context.needs.observer.mail_judged(fact_of(context, judgement, circumstances));
        --context.routes[judgement.probe].untold;
        report_pending(context, judgement.probe);
        if (context.on_judgement) context.on_judgement(judgement);
    }
    for (const AfterVerdict& evidence : outcome.evidence) {
        for (std::uint32_t i = 0; i < evidence.count; ++i) {
            context.needs.observer.evidence_found({context.routes[evidence.probe].probe->name,
                                                   evidence.mail, evidence.kind, evidence.latency});
        }
    }
    co_return told;
}

}  // namespace mailprobed
