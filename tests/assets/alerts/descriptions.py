# SPDX-License-Identifier: Apache-2.0
"""What each alert says to people: the story, the instant, the labels and the description."""
from cases import CASES
from story import Fate, Probe, Story, refused

M = 60
WHERE = {"job": "mailprobed", "instance": "mon:10995"}
ROUTE = {**WHERE, "probe": "a", "account": "me", "mailbox": "me", "severity": "page"}
PROBE = {**WHERE, "probe": "a"}
BOX = {**WHERE, "mailbox": "me"}
CERTIFICATE = {**WHERE, "account": "me", "protocol": "smtp"}
PAGE, TICKET = {"severity": "page"}, {"severity": "ticket"}


def first(alert):
    """The story of an alert's first case."""
    return CASES[alert][0][1]


MIXED = Story(Probe().during(10 * M, 20 * M, refused())
              .during(15 * M, 16 * M, Fate("bounced", 20)))

DESCRIPTIONS = {
    "MailprobedRouteDown": (
        MIXED, "18m", ROUTE,
        "Probe a (me to me) on mon:10995: 8 mails in a row were not delivered; the last one "
        "was delivered 8m 45s ago. 7 send_failed. 1 bounced. Stage connect, cause refused: 7."),
    "MailprobedMailOverdue": (
        first("MailprobedMailOverdue"), "14m", ROUTE,
        "Probe a (me to me) on mon:10995: 4 mails are on their way, the oldest for 3m 55s of "
        "the 5m 0s it has. The mailbox was looked into since and does not hold it: stage "
        "delivery, between the submission and the mailbox; the last one was delivered 4m 45s ago."),
    "MailprobedRouteFlaky": (
        first("MailprobedRouteFlaky"), "30m", ROUTE,
        "Probe a (me to me) on mon:10995: about every other mail is not delivered, though no two "
        "of them in a row. The last 15m 0s: 8 delivered. 8 lost."),
    "MailprobedMailboxFlaky": (
        Story(Probe().unreadable(10 * M, 11 * M)
              .during(10 * M, 40 * M, Fate("unobserved", 360), every=2)), "30m", {**BOX, **TICKET},
        "Mailbox me on mon:10995: about every other mail got no answer, for no look was complete "
        "in time, though no two of them in a row; whether these mails arrived nobody knows. Looks "
        "failed at stage connect, cause refused: 1 in 6h."),
    "MailprobedUnstable": (
        first("MailprobedUnstable"), "18m", {**WHERE, **PAGE},
        "mailprobed on mon:10995 was restarted 8 times since a mail was delivered, and cut off 3 "
        "mails while it sent them. Whether mail arrives nobody knows. Probes: a."),
    "MailprobedDeliverySlow": (
        first("MailprobedDeliverySlow"), "14m", ROUTE,
        "Probe a (me to me) on mon:10995: the last mails took longer than 1m 0s "
        "(slo_latency), the newest 1m 15s; after 5m 0s a mail is lost."),
    "MailprobedMailboxUnreadable": (
        first("MailprobedMailboxUnreadable"), "20m", {**BOX, **PAGE},
        "Mailbox me on mon:10995: 4 mails in a row got no answer, for no look at the mailbox "
        "was complete in time; the last complete one was 10m 45s ago. Looks fail at stage connect, cause refused."),
    "MailprobedLoginRefused": (
        first("MailprobedLoginRefused"), "14m", ROUTE,
        "Probe a (me to me) on mon:10995: stage auth, cause auth_rejected. Account me may not"
        " log in; 4 mails were refused or not sent because of it; the last one was delivered "
        "4m 45s ago. Further tries follow after 5 minutes, then after twice as long each "
        "time."),
    "MailprobedMailboxLoginRefused": (
        first("MailprobedMailboxLoginRefused"), "30m", {**BOX, **TICKET},
        "Mailbox me on mon:10995: stage auth, cause auth_rejected, 4 times since it was last "
        "read. Further tries follow after 5 minutes, then after twice as long each time."),
    "MailprobedCertificateEndsSoon": (
        first("MailprobedCertificateEndsSoon"), "30m", {**CERTIFICATE, **TICKET},
        "The certificate that the smtp server of account me shows to mon:10995, or one it "
        "rests on, ends in 13d 23h 40m 0s."),
    "MailprobedCertificateEndsNow": (
        first("MailprobedCertificateEndsNow"), "30m", {**CERTIFICATE, **PAGE},
        "The certificate that the smtp server of account me shows to mon:10995, or one it "
        "rests on, ends in 2d 23h 40m 0s; then no mail goes this way any more."),
    "MailprobedDuplicates": (
        first("MailprobedDuplicates"), "31m", {**PROBE, **TICKET},
        "Probe a on mon:10995: copies too many within an hour: 1. Something between "
        "submission and mailbox delivers again what it has delivered."),
    "MailprobedAlterations": (
        first("MailprobedAlterations"), "31m", {**PROBE, **TICKET},
        "Probe a on mon:10995: mails changed on their way within an hour: 1."),
    "MailprobedTagsRejected": (
        first("MailprobedTagsRejected"), "31m", {**BOX, **TICKET, "reason": "forged"},
        "Mailbox me on mon:10995: mails whose tag is forged within an hour: 1. They count for"
        " nothing, and only those of another daemon are ever removed, long after their deadline."),
    "MailprobedTicksMissed": (
        first("MailprobedTicksMissed"), "31m", {**PROBE, **TICKET},
        "Probe a on mon:10995 was blind for 6m 0s of the last hour. 6 mails not started: "
        "stalled."),
    "MailprobedJournalUnhealthy": (
        first("MailprobedJournalUnhealthy"), "15m", {**WHERE, **TICKET},
        "mailprobed on mon:10995 goes on probing from memory, but a crash would forget mails,"
        " and nothing is removed from mailboxes. Its log names the error (event "
        "journal_failed)."),
    "MailprobedReloadFailed": (
        first("MailprobedReloadFailed"), "15m", {**WHERE, **TICKET},
        "mailprobed on mon:10995 runs with the configuration it had before. Its log names "
        "every mistake (event reload_refused)."),
    "MailprobedDown": (
        first("MailprobedDown"), "15m", {**WHERE, **PAGE},
        "mon:10995 has not answered Prometheus for more than 2 minutes. Nobody watches its "
        "routes."),
    "MailprobedAbsent": (
        first("MailprobedAbsent"), "15m", PAGE,
        'There is no target whose job begins with "mailprobed". It was lost from Prometheus\' '
        "configuration or from its service discovery; no other alert of mailprobed can fire."),
    "MailprobedWatchdog": (
        first("MailprobedWatchdog"), "15m", {"severity": "none"},
        "Fires always. Whoever receives it must raise the alarm when it stays away."),
    "MailprobedBudgetBurnsFast": (
        first("MailprobedBudgetBurnsFast"), "170m", {**PROBE, **PAGE},
        "Probe a on mon:10995: 28.33% of the mails were not delivered within slo_latency. The"
        " last 1h: 17 delivered late."),
    "MailprobedBudgetBurnsSlowly": (
        first("MailprobedBudgetBurnsSlowly"), "5700m", {**PROBE, **TICKET},
        "Probe a on mon:10995: 4.514% of the mails were not delivered within slo_latency. The"
        " last 1d: 13 delivered late."),
}
