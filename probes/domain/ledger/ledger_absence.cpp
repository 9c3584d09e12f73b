// SPDX-License-Identifier: Apache-2.0
// What becomes of a mail that is not there after its deadline (claims C14).
#include "probes/domain/ledger/ledger.hpp"

#include <algorithm>
#include <utility>

namespace mailprobed {

void Ledger::absent(Outcome& outcome, MailId id, Instant now) {
    Mail& mail = pending_.at(id);
    if (mail.progress != Progress::accepted || !mail.reports) {
        judge_absence(outcome, id, now);
        return;
    }
    Mailbox& sender = mailboxes_.at(*mail.reports);
    if (sender.reports_at >= mail.deadline) {
        judge_absence(outcome, id, now, sender.reports_remark);
        return;
    }
    if (!std::exchange(mail.awaits_report, true)) sender.await_reports.push_back(id);
}

Outcome Ledger::reports_read(MailboxIndex mailbox, Instant began, std::string remark, Instant now) {
    Outcome outcome;
    Mailbox& box = mailboxes_.at(mailbox);
    box.reports_at = std::max(box.reports_at, began);
    box.reports_remark = std::move(remark);
    std::erase_if(box.await_reports, [&](MailId id) {
        const auto found = pending_.find(id);
        if (found == pending_.end()) return true;
        if (found->second.deadline > began) return false;
        judge_absence(outcome, id, now, box.reports_remark);
        return true;
    });
    return outcome;
}

void Ledger::judge_absence(Outcome& outcome, MailId id, Instant now, std::string_view remark) {
    Mail& mail = pending_.at(id);
    if (mail.unreadable) {
        judge(outcome, id, Verdict::unobserved, now).detail =
            "its tag was made with a key that is not known any more";
        return;
    }
    if (mail.progress != Progress::accepted) {
        judge(outcome, id, Verdict::send_failed, now);
        return;
    }
    if (mail.weak) {
        BounceSeen report = std::move(*mail.weak);
        judge_bounced(outcome, std::move(report), now);
        return;
    }
    if (!remark.empty()) {
        if (!mail.detail.empty()) mail.detail += "; ";
        mail.detail.append("no report of non-delivery was found, but ").append(remark);
    }
    judge(outcome, id, Verdict::lost, now);
}

}  // namespace mailprobed
