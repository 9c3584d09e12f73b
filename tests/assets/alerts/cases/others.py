# SPDX-License-Identifier: Apache-2.0
"""Alerts of mailboxes, certificates and the process. The probe is that of routes.py."""
from story import Fate, Probe, Story

M, H, D = 60, 3600, 86400
UNREADABLE, BOX_LOGIN = "MailprobedMailboxUnreadable", "MailprobedMailboxLoginRefused"
FLAKY, UNSEEN = "MailprobedMailboxFlaky", Fate("unobserved", 360)
SOON, NOW = "MailprobedCertificateEndsSoon", "MailprobedCertificateEndsNow"
COPIES, ALTERED, TAGS = "MailprobedDuplicates", "MailprobedAlterations", "MailprobedTagsRejected"
JOURNAL, RELOAD = "MailprobedJournalUnhealthy", "MailprobedReloadFailed"
GONE, ABSENT, WATCHDOG = "MailprobedDown", "MailprobedAbsent", "MailprobedWatchdog"
CERTIFICATE = "mailprobed_tls_chain_not_after_timestamp_seconds"
LEDGER, CONFIG = "mailprobed_journal_healthy", "mailprobed_config_last_reload_successful"


def certificate(*steps):
    """A story in which the certificate ends at these instants."""
    return Story(scrape=30).gauge(CERTIFICATE, *steps, account="me", protocol="smtp")


def counter(series, *minutes, **labels):
    """A story in which a counter goes up in these minutes."""
    probe = Probe()
    for minute in minutes:
        probe.counted(series, minute * M, **labels)
    return Story(probe, scrape=60, minutes=180)


CASES = {
    UNREADABLE: [
        ("two mails in a row got no answer: deadline, grace and two intervals after it began",
         Story(Probe().unreadable(10 * M, 40 * M)),
         {"16m": (), "17m": (), "17m15s": (UNREADABLE,), "39m": (UNREADABLE,), "40m45s": ()}),
        ("one mail without an answer pages nobody",
         Story(Probe().unreadable(9 * M, 15 * M + 30)),
         {"15m": (), "15m15s": (), "16m30s": (), "20m": ()}),
        ("a mailbox that can be read and holds nothing is not unreadable",
         Story(Probe().lost(10 * M, 30 * M)),
         {"17m": ("MailprobedMailOverdue", "MailprobedRouteDown"), "31m": ()}),
        ("an outage that ends within the grace is none",
         Story(Probe().unreadable(10 * M, 16 * M)), {"15m45s": (), "16m30s": (), "20m": ()}),
        ("with an hour between mails it lasts from the second to the next that is seen",
         Story(Probe(interval=H).unreadable(2 * H, 4 * H + M + 40), scrape=120, minutes=300),
         {"127m": (), "179m": (), "188m": (UNREADABLE,), "239m": (UNREADABLE,), "243m": ()}),
        ("survives failed scrapes and a restart, after which counters begin again",
         Story(Probe().unreadable(10 * M, 40 * M)).no_scrape(20 * M, 22 * M).restart(30 * M),
         {"19m": (UNREADABLE,), "21m": (UNREADABLE,), "30m": (UNREADABLE,), "30m45s": (UNREADABLE,),
          "39m": (UNREADABLE,), "41m": ()}),
    ],
    FLAKY: [
        ("every other mail gets no answer, for a mailbox that can be read half of the time",
         Story(Probe().during(10 * M, 40 * M, UNSEEN, every=2)),
         {"19m": (), "23m30s": (FLAKY,), "45m": (FLAKY,), "57m": ()}),
        ("every third is not half",
         Story(Probe().during(10 * M, 50 * M, UNSEEN, every=3)), {"30m": (), "55m": ()}),
        ("one mail without an answer is none",
         Story(Probe().during(10 * M, 11 * M, UNSEEN)), {"16m15s": (), "30m": ()}),
        ("two routes that share a mailbox are one ticket",
         Story(Probe().during(10 * M, 40 * M, UNSEEN, every=2),
               Probe("b").during(10 * M, 40 * M, UNSEEN, every=2)),
         {"23m30s": (FLAKY,), "45m": (FLAKY,), "57m": ()}),
        ("survives failed scrapes and a restart",
         Story(Probe().during(10 * M, 40 * M, UNSEEN, every=2)).no_scrape(25 * M, 27 * M)
         .restart(33 * M),
         {"24m": (FLAKY,), "26m": (FLAKY,), "34m": (FLAKY,), "45m": (FLAKY,)}),
    ],
    BOX_LOGIN: [
        ("a refused login is a ticket until the mailbox was seen again",
         Story(Probe().unreadable(10 * M, 40 * M, "auth_rejected")),
         {"9m45s": (), "10m15s": (BOX_LOGIN,), "13m": (BOX_LOGIN,), "30m": (BOX_LOGIN, UNREADABLE),
          "41m": ()}),
        ("a mailbox that is away is none",
         Story(Probe().unreadable(10 * M, 16 * M)), {"11m": (), "15m": ()}),
        ("a refusal of long ago is none",
         Story(Probe().unreadable(10 * M, 11 * M, "auth_rejected")),
         {"10m30s": (BOX_LOGIN,), "11m30s": (), "50m": ()}),
        ("survives failed scrapes",
         Story(Probe().unreadable(10 * M, 16 * M, "auth_rejected")).no_scrape(12 * M, 14 * M),
         {"13m": (BOX_LOGIN,), "15m": (BOX_LOGIN,), "17m": ()}),
        ("survives a restart, after which the login is tried again",
         Story(Probe().unreadable(10 * M, 20 * M, "auth_rejected")).restart(13 * M),
         {"13m": (BOX_LOGIN,), "14m": (BOX_LOGIN,), "15m30s": (BOX_LOGIN,), "21m": ()}),
    ],
    SOON: [
        ("a certificate with less than 14 days", certificate((0, 14 * D + 10 * M)),
         {"10m": (), "10m30s": (SOON,), "50m": (SOON,)}),
        ("a renewed certificate ends it", certificate((0, 13 * D), (20 * M, 90 * D)),
         {"1m": (SOON,), "20m": (), "50m": ()}),
        ("no handshake yet is no certificate", certificate((0, 0), (20 * M, 90 * D)),
         {"1m": (), "50m": ()}),
        ("survives failed scrapes and a restart, which has seen no certificate at first",
         certificate((0, 13 * D), (20 * M, 0), (21 * M, 13 * D)).no_scrape(10 * M, 12 * M),
         {"9m": (SOON,), "11m": (SOON,), "13m": (SOON,), "22m": (SOON,)}),
    ],
    NOW: [
        ("a certificate with less than 3 days", certificate((0, 3 * D + 10 * M)),
         {"10m": (SOON,), "10m30s": (SOON, NOW), "50m": (SOON, NOW)}),
        ("a renewed certificate ends it", certificate((0, 2 * D), (20 * M, 90 * D)),
         {"1m": (SOON, NOW), "20m": (), "50m": ()}),
        ("no handshake yet is no certificate", certificate((0, 0)), {"1m": (), "50m": ()}),
        ("one that has ended already", certificate((0, 10 * M)),
         {"9m": (SOON, NOW), "30m": (SOON, NOW)}),
        ("survives failed scrapes", certificate((0, 2 * D)).no_scrape(10 * M, 12 * M),
         {"9m": (SOON, NOW), "11m": (SOON, NOW), "13m": (SOON, NOW)}),
    ],
    COPIES: [
        ("a copy is a ticket for an hour", counter("after_verdict_total", 30, kind="duplicate"),
         {"29m": (), "31m": (COPIES,), "89m": (COPIES,), "91m": ()}),
        ("a copy found before the first scrape of a new process",
         counter("after_verdict_total", 5, 90, kind="duplicate").restart(88 * M, away=60)
         .no_scrape(88 * M, 91 * M),
         {"80m": (), "91m": (COPIES,), "120m": (COPIES,), "155m": ()}),
        ("late mails are no copies", counter("after_verdict_total", 30, kind="late"),
         {"31m": (), "60m": ()}),
        ("counters that begin again at 0 are no copy, and one after that counts",
         counter("after_verdict_total", 5, 120, kind="duplicate").restart(80 * M),
         {"79m": (), "82m": (), "119m": (), "121m": (COPIES,)}),
        ("survives failed scrapes",
         counter("after_verdict_total", 30, kind="duplicate").no_scrape(31 * M, 33 * M),
         {"32m": (COPIES,), "34m": (COPIES,), "89m": (COPIES,)}),
    ],
    ALTERED: [
        ("a changed body is a ticket for an hour", counter("altered_mails_total", 30),
         {"29m": (), "31m": (ALTERED,), "89m": (ALTERED,), "91m": ()}),
        ("copies are not changed", counter("after_verdict_total", 30, kind="duplicate"),
         {"31m": (COPIES,)}),
        ("counters that begin again at 0 are no change, and one after that counts",
         counter("altered_mails_total", 5, 120).restart(80 * M),
         {"79m": (), "82m": (), "119m": (), "121m": (ALTERED,)}),
        ("survives failed scrapes", counter("altered_mails_total", 30).no_scrape(31 * M, 33 * M),
         {"32m": (ALTERED,), "34m": (ALTERED,), "89m": (ALTERED,)}),
    ],
    TAGS: [
        ("a forged tag is a ticket for an hour",
         counter("mailbox_tags_rejected_total", 30, reason="forged"),
         {"29m": (), "31m": (TAGS,), "89m": (TAGS,), "91m": ()}),
        ("a quoted tag is an automatic answer",
         counter("mailbox_tags_rejected_total", 30, reason="quoted"), {"31m": (), "60m": ()}),
        ("a mail of another daemon with our name and key",
         counter("mailbox_tags_rejected_total", 30, reason="other_daemon"),
         {"29m": (), "31m": (TAGS,), "89m": (TAGS,), "91m": ()}),
        ("counters that begin again at 0 are no forgery, and one after that counts",
         counter("mailbox_tags_rejected_total", 5, 120, reason="forged").restart(80 * M),
         {"79m": (), "82m": (), "119m": (), "121m": (TAGS,)}),
        ("survives failed scrapes",
         counter("mailbox_tags_rejected_total", 30, reason="forged").no_scrape(31 * M, 33 * M),
         {"32m": (TAGS,), "34m": (TAGS,), "89m": (TAGS,)}),
    ],
    JOURNAL: [
        ("a ledger that cannot be written for two minutes",
         Story().gauge(LEDGER, (0, 1), (10 * M, 0), (20 * M, 1)),
         {"11m30s": (), "12m15s": (JOURNAL,), "20m": (), "30m": ()}),
        ("one that recovers within two minutes",
         Story().gauge(LEDGER, (0, 1), (10 * M, 0), (11 * M + 30, 1)), {"11m15s": (), "15m": ()}),
        ("one that never works", Story().gauge(LEDGER, (0, 0)), {"30s": (JOURNAL,),
                                                                 "30m": (JOURNAL,)}),
        ("survives a failed scrape and a restart",
         Story().gauge(LEDGER, (0, 1), (10 * M, 0)).no_scrape(15 * M, 16 * M).restart(20 * M),
         {"15m30s": (JOURNAL,), "16m30s": (JOURNAL,), "20m15s": (JOURNAL,), "21m": (JOURNAL,)}),
    ],
    RELOAD: [
        ("a refused file is a ticket until one is taken",
         Story(scrape=30).gauge(CONFIG, (0, 1), (10 * M, 0), (20 * M, 1)),
         {"9m30s": (), "10m": (RELOAD,), "19m": (RELOAD,), "20m": ()}),
        ("a daemon that was never asked to reload", Story(scrape=30).gauge(CONFIG, (0, 1)),
         {"1m": (), "50m": ()}),
        ("a restart reads the file anew",
         Story(scrape=30).gauge(CONFIG, (0, 1), (10 * M, 0), (30 * M, 1)).restart(30 * M),
         {"29m": (RELOAD,), "31m": ()}),
        ("survives failed scrapes",
         Story(scrape=30).gauge(CONFIG, (0, 1), (10 * M, 0)).no_scrape(15 * M, 17 * M),
         {"14m": (RELOAD,), "16m": (RELOAD,), "18m": (RELOAD,)}),
    ],
    GONE: [
        ("no answer for three minutes pages, the first answer ends it",
         Story().no_scrape(10 * M, 20 * M),
         {"12m45s": (), "13m": (GONE,), "19m45s": (GONE,), "20m": ()}),
        ("a restart does not", Story().restart(10 * M, away=60), {"10m45s": (), "13m": ()}),
        ("scrapes that fail now and then do not",
         Story().no_scrape(10 * M, 11 * M).no_scrape(11 * M + 15, 12 * M + 30)
         .no_scrape(12 * M + 45, 13 * M + 45), {"12m": (), "13m15s": (), "14m": ()}),
        ("other jobs are not ours",
         Story().other('up{job="node",instance="mon:9100"}', "0x100"), {"10m": (), "20m": ()}),
    ],
    ABSENT: [
        ("no target for five minutes", Story().no_target(), {"4m45s": (), "5m": (ABSENT,),
                                                             "50m": (ABSENT,)}),
        ("a target that does not answer is not absent", Story().no_scrape(0, 60 * M),
         {"30m": (GONE,)}),
        ("a target that comes ends it",
         Story().no_target().other('up{job="mailprobed",instance="mon:10995"}', "_x80 1x100"),
         {"10m": (ABSENT,), "20m15s": (), "30m": ()}),
        ("a target lost from the configuration",
         Story().no_target().other('up{job="mailprobed",instance="mon:10995"}', "1x40 stale"),
         {"9m": (), "14m": (), "16m": (ABSENT,)}),
        ("other jobs are not ours",
         Story().no_target().other('up{job="node",instance="mon:9100"}', "1x240"),
         {"10m": (ABSENT,)}),
    ],
    WATCHDOG: [
        ("always", Story(), {"0": (WATCHDOG,), "1h": (WATCHDOG,)}),
        ("without any mailprobed", Story().no_target(), {"0": (WATCHDOG,), "1h": (WATCHDOG,)}),
        ("while scrapes fail", Story().no_scrape(0, H), {"10m": (WATCHDOG,), "50m": (WATCHDOG,)}),
        ("while another alert fires", Story(Probe().lost(10 * M, 40 * M)), {"30m": (WATCHDOG,)}),
    ],
}
