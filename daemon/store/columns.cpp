// SPDX-License-Identifier: Apache-2.0
// Records as columns: labels for enumerators, numbers for instants, no rule.
#include "daemon/store/columns.hpp"

#include "daemon/store/names.hpp"

namespace mailprobed::ledger {
namespace {

/// Numbers with a blank between them.
std::string text_of(const std::vector<std::uint64_t>& digests) {
    std::string text;
    for (const std::uint64_t digest : digests) {
        if (!text.empty()) text += ' ';
        text += std::to_string(digest);
    }
    return text;
}

}  // namespace

MailColumns columns_of(const MailState& state, Number run, bool at_risk) {
    MailColumns row;
    row.mail = number(state.mail);
    row.run = run;
    row.probe = state.probe;
    row.attempt = state.attempt;
    row.progress = to_string(state.progress);
    row.handed_attempt = state.handed_attempt;
    row.wall = number(state.wall);
    row.started = number(state.started);
    row.handed = number(state.handed);
    row.deadline = number(state.deadline);
    row.grace_end = number(state.grace_end);
    row.digest = number(state.body_digest);
    row.earlier_digests = text_of(state.earlier_digests);
    row.stage = state.failure ? to_string(state.failure->stage) : "";
    row.cause = state.failure ? to_string(state.failure->cause) : "";
    row.detail = state.detail;
    row.exact = number(state.exact);
    row.again = number(state.again_at);
    row.mailbox = state.mailbox_number;
    row.tag_key = number(state.tag_key);
    row.at_risk = number(at_risk);
    return row;
}

VerdictColumns columns_of(const Judgement& judgement, WallTime wall, const std::string& hops) {
    const bool delivered = judgement.verdict == Verdict::delivered;
    VerdictColumns row;
    row.verdict = to_string(judgement.verdict);
    row.judged = number(wall);
    // Where no time was measured whoever subtracts columns gets 0, and nothing negative.
    row.lower = number(delivered ? judgement.lower : judgement.started);
    row.upper = number(delivered ? judgement.upper : judgement.started);
    row.body = delivered ? to_string(judgement.body) : "";
    row.status_class = judgement.status_class ? to_string(*judgement.status_class) : "";
    row.unmeasured = number(judgement.unmeasured);
    row.uncertain = number(judgement.deadline_uncertain);
    row.hops = hops;
    return row;
}

JudgedColumns columns_of(const JudgedMail& mail) {
    JudgedColumns row;
    row.mail = number(mail.mail);
    row.refused = number(mail.refused);
    row.arrived = number(mail.arrived);
    row.bounced = number(mail.bounced);
    row.absent = number(mail.absent);
    row.attempt = mail.attempt;
    row.duplicates = mail.duplicates;
    row.removed = mail.removed;
    row.removed_entry = number(mail.removed_entry);
    return row;
}

ProbeColumns columns_of(const std::string& probe, const ProbeHistory& history) {
    const auto ns = [](const auto& time) { return time ? number(*time) : 0; };
    ProbeColumns row;
    row.probe = probe;
    row.started = ns(history.last_started);
    row.delivered = ns(history.last_delivered);
    row.judged = ns(history.last_verdict);
    row.round_trip = history.last_round_trip ? history.last_round_trip->count() : 0;
    row.uncertainty = history.last_uncertainty ? history.last_uncertainty->count() : 0;
    row.streak = number(history.bad_streak);
    row.recent = static_cast<int>(history.recent_bad);
    return row;
}

}  // namespace mailprobed::ledger
