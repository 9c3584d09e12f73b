// SPDX-License-Identifier: Apache-2.0
// A look into another mailbox proves no absence: `lost` would be a false claim.
#include "probes/monitor/left_over.hpp"

#include "probes/domain/plan/routing.hpp"
#include "probes/net/boot_clock.hpp"

namespace mailprobed {

std::optional<VerdictRecord> unless_looked_for(const Settings& settings, const ProbeSettings* probe,
                                               const RememberedMail& mail) {
    // A version that did not record mailboxes may have left it.
    const bool same_mailbox =
        probe != nullptr && (mail.mailbox == 0 || mail.mailbox == mailbox_number(settings, *probe));
    if (same_mailbox) return std::nullopt;
    VerdictRecord record;
    record.judgement.mail = mail.mail;
    record.judgement.verdict = Verdict::unobserved;
    record.judgement.attempt = mail.attempt;
    record.judgement.started = mail.started;
    record.judgement.handed = mail.handed;
    record.judgement.deadline = mail.deadline;
    record.judgement.detail =
        probe == nullptr ? "the probe is no longer configured"
                         : "the probe had another mailbox when mailprobed was stopped; a reload "
                           "would have looked for the mail where it was sent";
    if (mail.progress == Progress::retry) {
        // The server's last answer was no, for the time being; a further attempt was never made.
        record.judgement.verdict = Verdict::send_failed;
        record.judgement.failure = mail.failure;
        record.judgement.detail = mail.detail;
    }
    record.probe = mail.probe;
    record.wall = wall_now();
    return record;
}

}  // namespace mailprobed
