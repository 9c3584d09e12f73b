// SPDX-License-Identifier: Apache-2.0
// What stages, causes, verdicts and evidence mean, in words.
import { duration, instant } from "./format.js";

const kCauses = {
    timeout: "no answer in time",
    refused: "connection refused",
    unreachable: "host unreachable",
    reset: "connection reset",
    eof: "connection closed",
    dns_not_found: "the name does not exist",
    dns_failed: "the name could not be resolved",
    tls_untrusted: "the certificate is not trusted",
    tls_name_mismatch: "the certificate is for another name",
    tls_expired: "the certificate has expired",
    tls_failed: "the TLS handshake failed",
    tls_unavailable: "TLS was not offered",
    tls_injection: "plaintext was injected before TLS",
    protocol_error: "an answer that breaks the protocol",
    limit_exceeded: "an answer that is too long",
    auth_rejected: "user name or password rejected",
    auth_transient: "not possible for now",
    auth_unsupported: "no common way to log in",
    rejected_transient: "refused for now (4yz)",
    rejected_permanent: "refused for good (5yz)",
    mailbox_busy: "the mailbox is in use",
    login_delay: "the server wants longer between logins",
    mailbox_too_large: "too many messages to read them all",
    too_big: "too big",
    interrupted: "mailprobed itself was stopped",
    internal: "a bug in mailprobed",
};

const kStages = {
    resolve: "the lookup of the name",
    connect: "the connection",
    tls: "the TLS handshake",
    greeting: "the greeting",
    hello: "EHLO or CAPA",
    starttls: "the change to TLS",
    auth: "the login",
    envelope: "sender and recipient",
    data: "DATA",
    accept: "the answer to the final dot",
    list: "the listing of the mailbox",
    headers: "the headers",
    body: "the mail itself",
    remove: "the deletion",
    quit: "QUIT",
};

const kEvidence = {
    late: "It arrived after its deadline.",
    found: "It turned up once the mailbox could be read again; it had been there by the deadline " +
        "for all that is known.",
    bounce: "A report of non-delivery came after the verdict.",
    contradiction: "It arrived although it had been refused or bounced.",
    duplicate: "It arrived more than once.",
    retry_copy: "A copy of another attempt arrived.",
    orphan: "A copy arrived that the ledger does not know.",
};

/** Which verdicts there are, in the order of columns and lanes. */
export const kVerdicts = ["delivered", "send_failed", "bounced", "lost", "unobserved"];

export const causeWords = (cause) => kCauses[cause] || cause;
export const stageWords = (stage) => kStages[stage] || stage;
export const evidenceWords = (kind) => kEvidence[kind] || kind;

/** "auth: auth_rejected", the labels of the metrics; null if there is no failure. */
export function failureLabels(mail) {
    if (mail.verdict === "bounced" && mail.status_class) return mail.status_class;
    return mail.stage ? `${mail.stage}: ${mail.cause}` : null;
}

/** What makes a mail remarkable besides its verdict. */
export function remarks(mail) {
    return [
        failureLabels(mail),
        mail.body && mail.body !== "intact" ? `body ${mail.body}` : null,
        mail.unmeasured ? "unmeasured" : null,
        mail.deadline_uncertain ? "deadline uncertain" : null,
        mail.at_risk ? "at risk" : null,
        mail.attempt > 1 ? `attempt ${mail.attempt}` : null,
        ...Object.entries(mail.evidence).map(([kind, times]) =>
            times > 1 ? `${kind} ×${times}` : kind),
    ].filter(Boolean);
}

/** Whether the final dot may have been sent and its answer is not known: only a refusal is one. */
export function unanswered(mail) {
    return mail.progress === "unconfirmed" ||
        (mail.stage === "accept" && !mail.cause.startsWith("rejected_"));
}

function nobodyKnows(mail) {
    return "Nobody knows whether the server took it: its answer to the final dot is missing" +
        (mail.cause ? ` (${causeWords(mail.cause)})` : "");
}

function failureSentence(mail) {
    if (unanswered(mail)) {
        return `${nobodyKnows(mail)}, and the first complete look after the deadline did not show ` +
            "the mail.";
    }
    return "The server never took responsibility for it. It failed at " +
        `${stageWords(mail.stage)}: ${causeWords(mail.cause)}.`;
}

function pendingSentence(mail) {
    if (mail.progress === "accepted") {
        return "The server accepted it; the mailbox is watched until it arrives.";
    }
    if (mail.progress === "unconfirmed") return `${nobodyKnows(mail)}. The mailbox is watched.`;
    if (mail.progress === "retry") return "It was refused for now; another attempt follows.";
    // The ledger says the same in both cases.
    return "No answer of the server is on record: it is being sent, or mailprobed was stopped " +
        "before the answer.";
}

/** What is claimed by a mail's verdict, and no more than that. */
export function claim(mail) {
    switch (mail.verdict) {
    case "delivered":
        return `It was in the mailbox ${duration(mail.round_trip)} after the first connect` +
            (mail.uncertainty > 0
                ? `; it became visible at most ${duration(mail.uncertainty)} before that.` : ".");
    case "send_failed":
        return failureSentence(mail);
    case "bounced":
        return mail.progress === "accepted"
            ? "The server accepted it; then a report came that it could not be delivered."
            : "A report came that it could not be delivered. That the server had accepted it is not " +
                "on record.";
    case "lost":
        return "The server accepted it, and the first complete look at the mailbox after the " +
            "deadline did not show it.";
    case "unobserved":
        return "Nobody can know: the mailbox could not be read completely from the deadline to " +
            "the end of the grace. This blames the mailbox, not the delivery.";
    default:
        return `${pendingSentence(mail)} The verdict falls by ` +
            (mail.deadline ? `${instant(mail.deadline)} plus the grace.` : "the deadline.");
    }
}
