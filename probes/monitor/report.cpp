// SPDX-License-Identifier: Apache-2.0
// From the ledger's decisions to the facts that the observer is told.
#include "probes/monitor/context.hpp"
#include "probes/net/boot_clock.hpp"

namespace mailprobed {
namespace {

MailJudged fact_of(const Judgement& judgement, const ReportContext& circumstances) {
    MailJudged fact;
    static_cast<Judgement&>(fact) = judgement;
    fact.at = wall_now();
    if (judgement.verdict != Verdict::delivered) return fact;
    if (circumstances.planned_at) fact.planned_gap = *circumstances.planned_at - judgement.lower;
    fact.transit = circumstances.delivery_path.transit;
    fact.authentication = circumstances.delivery_path.authentication;
    return fact;
}

/// Details quote bounces, hops are what the mail says of its way: words of servers like others.
void mask(Context& context, Outcome& outcome, ReportContext& circumstances) {
    for (Judgement& judgement : outcome.judgements) {
        const ProbeSettings& probe = *context.routes[judgement.index].probe;
        RouteMasks masks(context.masks, context.settings, ends_of(probe));
        const auto masked = [&masks](std::string& text) { text = masks.masked(text); };
        masked(judgement.detail);
        masked(circumstances.delivery_path.hops);
    }
}

/// All that is to be kept of an outcome.
JournalRecords records_of(const Context& context, const Outcome& outcome,
                          const ReportContext& circumstances) {
    const WallTime wall = wall_now();
    JournalRecords records;
    for (const MailState& state : outcome.states)
        records.emplace_back(state);
    std::vector<const JudgedMail*> later;
    std::size_t next = 0;
    for (const JudgedMail& mail : outcome.judged) {
        const bool falls =
            next < outcome.judgements.size() && outcome.judgements[next].mail == mail.mail;
        if (falls) {
            records.emplace_back(VerdictRecord{outcome.judgements[next++], mail, wall,
                                               circumstances.delivery_path.hops});
        } else {
            later.push_back(&mail);
        }
    }
    for (const AfterVerdict& evidence : outcome.evidence) {
        records.emplace_back(EvidenceRecord{evidence, context.routes[evidence.probe].probe->name,
                                            circumstances.attempt, wall});
    }
    for (const JudgedMail* mail : later)
        records.emplace_back(*mail);
    return records;
}

}  // namespace

void report_pending(Context& context, ProbeIndex probe) {
    Route& route = context.routes[probe];
    if (route.retirement_reported) return;
    context.needs.observer.on(
        PendingState{route.probe->name, route.unreported, context.ledger.oldest_pending(probe)});
    if (!route.removed || route.unreported != 0) return;
    route.retirement_reported = true;
    context.needs.observer.on(ProbeGone{route.probe->name});
}

Awaitable<Durability> report(Context& context, Outcome outcome, ReportContext circumstances) {
    mask(context, outcome, circumstances);
    JournalRecords records = records_of(context, outcome, circumstances);
    // What only says that a mail is not there, or is gone, need not be waited for.
    const bool matters =
        !outcome.states.empty() || !outcome.judgements.empty() || !outcome.evidence.empty();
    Durability told = Durability::durable;
    if (matters) {
        told = co_await context.needs.journal.record(std::move(records));
    } else if (!records.empty()) {
        context.needs.journal.note(std::move(records));
    }
    for (const Judgement& judgement : outcome.judgements) {
        context.needs.observer.on(fact_of(judgement, circumstances));
        --context.routes[judgement.index].unreported;
        report_pending(context, judgement.index);
        if (context.on_judgement) context.on_judgement(judgement);
    }
    for (const AfterVerdict& evidence : outcome.evidence) {
        for (std::uint32_t i = 0; i < evidence.count; ++i) {
            context.needs.observer.on(EvidenceFound{context.routes[evidence.probe].probe->name,
                                                    evidence.mail, evidence.kind,
                                                    evidence.latency});
        }
    }
    co_return told;
}

}  // namespace mailprobed
