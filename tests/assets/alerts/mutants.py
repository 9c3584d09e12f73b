#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Breaks copies of the rules, one thing at a time, and demands that a case of the alert named
fails.

    mutants.py RULES_FOLDER WORK_FOLDER [ALERT]..."""
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys

from cases import CASES
from run import FILES, documents

# (alert, what stands in the rules, what the copy has instead[, the case to try first])
MUTANTS = (
    ("RouteDown", "blame:streak[5m]) >= 2\n   ", "blame:streak[5m]) >= 3\n   "),
    ("RouteDown", "blame:streak[5m]) >= 2\n   ", "blame:streak[5m]) >= 1\n   "),
    ("RouteDown", "silence:ratio[5m]) > 1", "silence:ratio[5m]) > 2", 7),
    ("RouteDown", "+ 3 * mailprobed_interval", "+ 1 * mailprobed_interval"),
    # Time in which no daemon ran counts as silence.
    ("RouteDown", "max by (job, instance) (mailprobed_start_timestamp_seconds)\n                and",
     "0 * max by (job, instance) (mailprobed_start_timestamp_seconds)\n                and", 8),
    ("RouteDown", 'signs:added{sign=~"send_failed|bounced|lost"}',
     'signs:added{sign=~"send_failed|bounced|lost|unobserved"}', 11),
    ("RouteDown", 'signs:added{sign=~"auth_rejected|interrupted"}\n                      or',
     'signs:added{sign=~"auth_rejected"}\n                      or', 12),
    # The mailbox's one bad mail keeps the silence after it from being told.
    ("RouteDown", "mailprobed_last_started_timestamp_seconds + 2 *",
     "mailprobed_last_started_timestamp_seconds + 2000 *", 13),
    ("RouteDown", "and on (job, instance, probe) probe:mailprobed_blame:streak == 0\n            and",
     "and", 20),
    ("RouteDown", "instance:mailprobed_run:same == 1", "instance:mailprobed_run:same >= 0", 16),
    ("RouteDown", "expr: max by (job, instance) (mailprobed_clock_timestamp_seconds)",
     "expr: 0 * max by (job, instance) (mailprobed_clock_timestamp_seconds) + time()", 15),
    ("RouteDown", "and on (job, instance, probe) probe:mailprobed_blame:streak >= 2\n            )",
     "and on (job, instance, probe) probe:mailprobed_blame:streak >= 2000\n            )", 18),
    ("RouteDown", "mailprobed_bad_streak", "mailprobed_bad_streaks"),
    ("MailOverdue", "overdue:ratio[5m]) > 1", "overdue:ratio[5m]) > 1.5"),
    ("MailOverdue", "overdue:ratio[5m]) > 1", "overdue:ratio[5m]) > 0.5"),
    ("MailOverdue", "mailprobed_pending_mails + mailprobed_bad_streak >= 2",
     "mailprobed_pending_mails + mailprobed_bad_streak >= 5"),
    ("MailOverdue", "mailprobed_oldest_pending", "mailprobed_oldest_waiting"),
    ("MailOverdue", 'label_replace(mailprobed_probe_info, "account", "$1", "from", "(.*)")',
     'label_replace(label_replace(mailprobed_probe_info, "account", "$1", "from", "(.*)"), '
     '"mailbox", "$1", "to", "(.*)")', 1),
    ("DeliverySlow", "slow:streak[5m]) >= 2", "slow:streak[5m]) >= 1"),
    ("DeliverySlow", "slow:streak[5m]) >= 2", "slow:streak[5m]) >= 3"),
    ("DeliverySlow", " - mailprobed_last_uncertainty_seconds", "", 5),
    ("DeliverySlow", 'signs:added{sign="quick"} > 0', 'signs:added{sign="delivered"} > 0'),
    ("DeliverySlow", "mailprobed_slo_latency", "mailprobed_latency"),
    ("MailboxUnreadable", "unobserved:streak[5m]) >= 2", "unobserved:streak[5m]) >= 1"),
    ("MailboxUnreadable", "unobserved:streak[5m]) >= 2", "unobserved:streak[5m]) >= 3"),
    ("MailboxUnreadable", "                last_over_time(probe_part:mailprobed_blame:since_delivery[1h])\n",
     "                0 * last_over_time(probe_part:mailprobed_blame:since_delivery[1h])\n"),
    ("MailboxFlaky", "2.2 - 0.9", "1.2 - 0.1", 1),
    ("MailboxFlaky", "2.2 - 0.9", "4.2 - 0.9"),
    ("RouteFlaky", "2.2 - 0.9", "2.2 - 0.0"),
    ("RouteFlaky", "2.2 - 0.9", "1.2 - 0.0", 1),
    # Every mail of an outage counts, and not the first alone.
    ("RouteFlaky", "(last_over_time(probe_part:mailprobed_blame:since_delivery[1h]) < 2) == bool 0",
     "5 + 0 * last_over_time(probe_part:mailprobed_blame:since_delivery[1h])", 2),
    ("Unstable", "interrupted:streak[5m]) >= 2\n", "interrupted:streak[5m]) >= 1\n", 2),
    ("Unstable", "restarts:since_delivery >= 3", "restarts:since_delivery >= 300", 3),
    ("LoginRefused", "login_refused:streak[5m]) >= 2", "login_refused:streak[5m]) >= 1"),
    ("LoginRefused", "login_refused:streak[5m]) >= 2", "login_refused:streak[5m]) >= 4"),
    ("LoginRefused", "mailprobed_ticks_missed_total", "mailprobed_ticks_missing_total"),
    ("LoginRefused", 'signs:added{sign="logged_in"} > 0', 'signs:added{sign="delivered"} > 0', 7),
    ("LoginRefused", 'signs:added{sign="send_failed"}\n                    >',
     '0 * probe_sign:mailprobed_signs:added{sign="send_failed"}\n                    >', 8),
    ("LoginRefused", 'unless on (job, instance, probe) probe_sign:mailprobed_signs:total{sign="delivered"} > 0',
     'unless probe_sign:mailprobed_signs:total', 5),
    ("MailboxLoginRefused", "since_look[5m])) >= 1", "since_look[5m])) >= 2"),
    ("MailboxLoginRefused", 'failures_total{cause="auth_rejected"}', "failures_total", 1),
    ("CertificateEndsSoon", "14 * 86400", "12 * 86400"),
    ("CertificateEndsSoon",
     "seconds[5m]) > 0)\n            - on (job, instance) group_left () last_over_time(instance:mailprobed_clock:now[5m]) < 14",
     "seconds[5m]) >= 0)\n            - on (job, instance) group_left () last_over_time(instance:mailprobed_clock:now[5m]) < 14", 2),
    ("CertificateEndsNow", "< 3 * 86400", "< 2 * 86400"),
    ("CertificateEndsNow", "< 3 * 86400", "< 5 * 86400"),
    ("Duplicates", 'kind="duplicate"', 'kind="late"'),
    ("Duplicates", "last_over_time(instance:mailprobed_run:seconds[5m]) <= 3600",
     "last_over_time(instance:mailprobed_run:seconds[5m]) <= 0", 1),
    ("Alterations", "mailprobed_altered_mails_total", "mailprobed_altering_mails_total"),
    ("TagsRejected", 'reason!="quoted"', 'reason!="forged"'),
    ("TicksMissed", "last_over_time(mailprobed_deadline_seconds",
     "last_over_time(mailprobed_interval_seconds"),
    ("TicksMissed", 'missed_total{reason!="auth_backoff"}[1h]))\n', "missed_total[1h]))\n", 3),
    ("JournalUnhealthy", "journal_healthy[2m]", "journal_healthy[1m]"),
    ("ReloadFailed", "successful[5m]) == 0", "successful[5m]) == 1"),
    ("Down", '.*"}[2m]) == 0', '.*"}[5m]) == 0'),
    ("Down", 'max_over_time(up{job=~"mailprobed.*"}[2m]) == 0\n        for: 1m',
     "up == 0\n        for: 0m"),
    ("Absent", "for: 5m", "for: 1m"),
    ("Watchdog", "expr: vector(1)", "expr: vector(1) > 1"),
    ("BudgetBurnsFast", "> 14.4 *", "> 40 *"),
    ("BudgetBurnsFast", "> 14.4 *", "> 3 *", 1),
    ("BudgetBurnsFast", "> 6 *", "> 12 *", 1),
    ("BudgetBurnsFast", "bad:increase1h) >= 4", "bad:increase1h) >= 2", 3),
    ("BudgetBurnsFast", "MailprobedRouteDown|", "", 5),
    ("BudgetBurnsSlowly", "> 3 *", "> 6 *", 1),
    ("BudgetBurnsSlowly", "ratio_increase3d > 1 *", "ratio_increase3d > 3 *", 2),
    ("BudgetBurnsSlowly", "bad:increase3d) >= 4", "bad:increase3d) >= 2", 4),
)


def caught(number, mutant, rules, work):
    """The title of the first case that fails; None if all pass."""
    alert, old, new, *hint = f"Mailprobed{mutant[0]}", *mutant[1:]
    copy = work / f"copy-{number}"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    touched = 0
    for name in FILES:
        text = (rules / name).read_text()
        touched += old in text
        (copy / name).write_text(text.replace(old, new))
    if not touched:
        return f"MISSING: the rules do not hold {old!r} any more"
    single = [{**whole, "tests": [test]} for whole in documents(alert, copy).values()
              for test in whole["tests"]]
    if hint:
        title = CASES[alert][hint[0]][0]
        single.sort(key=lambda one: one["tests"][0]["name"] != title)
    for one in single:
        file = copy / "case.yml"
        file.write_text(json.dumps(one))
        result = subprocess.run(["promtool", "test", "rules", file], capture_output=True,
                                check=False)
        if result.returncode != 0:
            shutil.rmtree(copy)
            said = (result.stdout + result.stderr).decode()
            # A copy that cannot be read proves nothing.
            return one["tests"][0]["name"] if "got:" in said else f"BROKEN: {said}"
    return None


def main(rules, work, *only):
    """Exit status."""
    rules, work = pathlib.Path(rules).resolve(), pathlib.Path(work).resolve()
    chosen = [one for one in MUTANTS if not only or f"Mailprobed{one[0]}" in only]
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        answers = pool.map(lambda one: caught(*one, rules, work), enumerate(chosen))
    survivors = 0
    for (alert, old, new, *_), answer in zip(chosen, answers):
        bad = answer is None or answer.startswith(("MISSING", "BROKEN"))
        survivors += bad
        print(f"{'SURVIVED' if bad else 'caught':9}{alert:20} {' '.join(old.split())!r} -> "
              f"{' '.join(new.split())!r}: {answer}")
    for alert in sorted(CASES):
        if not only and alert not in {f"Mailprobed{one[0]}" for one in MUTANTS}:
            print(f"SURVIVED {alert}: no copy of it is broken")
            survivors += 1
    print(f"{len(chosen)} broken copies, {survivors} not noticed")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
