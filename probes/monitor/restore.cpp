// SPDX-License-Identifier: Apache-2.0
// A look into another mailbox proves no absence: `lost` would be a false claim.
#include "probes/monitor/restore.hpp"

#include "probes/domain/plan/routing.hpp"

namespace mailprobed {

std::optional<VerdictRecord> verdict_if_unwatched(const Settings& settings,
                                                  const ProbeSettings* probe, const MailState& mail,
                                                  WallTime wall) {
    // A version that did not record mailboxes may have left it.
    const bool same_mailbox =
        probe != nullptr &&
        (mail.mailbox_number == 0 || mail.mailbox_number == mailbox_number(settings, *probe));
    if (same_mailbox) return std::nullopt;
    VerdictRecord record;
    record.wall = wall;
    Judgement& judgement = record.judgement;
    static_cast<MailState&>(judgement) = mail;
    if (mail.progress == Progress::retry) {
        // The server's last answer was no, for the time being; a further attempt was never made.
        judgement.verdict = Verdict::send_failed;
        record.judged.refused = true;
    } else {
        judgement.verdict = Verdict::unobserved;
        judgement.failure.reset();
        judgement.detail =
            probe == nullptr
                ? "the probe is no longer configured"
                : "the probe had another mailbox when mailprobed was stopped; a reload "
                  "would have looked for the mail where it was sent";
    }
    record.judged.mail = mail.mail;
    record.judged.verdict = judgement.verdict;
    return record;
}

}  // namespace mailprobed
