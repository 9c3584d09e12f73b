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
    ("RouteDown",
     "(time() - mailprobed_config_last_reload_success_timestamp_seconds)\n            or",
     "(time() - 0 * mailprobed_config_last_reload_success_timestamp_seconds)\n            or", 8),
    ("RouteDown", "mailprobed_bad_streak - on (job, instance, probe) (",
     "mailprobed_bad_streak + on (job, instance, probe) 0 * (", 11),
    ("RouteDown", 'signs:since_delivery{cause="interrupted"}',
     'signs:since_delivery{cause="x"}', 12),
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
    ("DeliverySlow", " - mailprobed_last_uncertainty_seconds", "", 3),
    ("DeliverySlow", "mailprobed_slo_latency", "mailprobed_latency"),
    ("MailboxUnreadable", "unobserved:streak[5m]) >= 2", "unobserved:streak[5m]) >= 1"),
    ("MailboxUnreadable", "unobserved:streak[5m]) >= 2", "unobserved:streak[5m]) >= 3"),
    ("MailboxUnreadable", "or last_over_time(probe_sign:mailprobed_signs:since_delivery[1h]) +",
     "or 0 *"),
    ("LoginRefused", "login_refused:streak[5m]) >= 2", "login_refused:streak[5m]) >= 1"),
    ("LoginRefused", "login_refused:streak[5m]) >= 2", "login_refused:streak[5m]) >= 4"),
    ("LoginRefused", "mailprobed_ticks_missed_total", "mailprobed_ticks_missing_total"),
    ("MailboxLoginRefused", "since_look[5m])) >= 1", "since_look[5m])) >= 2"),
    ("MailboxLoginRefused", 'failures_total{cause="auth_rejected"}', "failures_total", 1),
    ("CertificateEndsSoon", "14 * 86400", "12 * 86400"),
    ("CertificateEndsSoon", "seconds[5m]) > 0) - time() < 14",
     "seconds[5m]) >= 0) - time() < 14", 2),
    ("CertificateEndsNow", "< 3 * 86400", "< 2 * 86400"),
    ("CertificateEndsNow", "< 3 * 86400", "< 5 * 86400"),
    ("Duplicates", 'kind="duplicate"', 'kind="late"'),
    ("Alterations", "altered_mails_total[1h])) > 0", "altered_mails_total[1h])) > 2"),
    ("TagsRejected", 'reason!="quoted"', 'reason!="forged"'),
    ("TicksMissed", "last_over_time(mailprobed_deadline_seconds",
     "last_over_time(mailprobed_interval_seconds"),
    ("TicksMissed", 'missed_total{reason!="auth_backoff"}[1h]))\n', "missed_total[1h]))\n", 2),
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
