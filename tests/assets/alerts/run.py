#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the alert rules to their cases (cases/): each story becomes a test of promtool's, in which
at each named instant the named alerts fire and no others.

    run.py RULES_FOLDER WORK_FOLDER [ALERT]...     the tests are written to WORK_FOLDER"""
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

from cases import CASES
from descriptions import DESCRIPTIONS

FILES = ("mailprobed.rules.yml", "mailprobed-slo.rules.yml")
# promtool spends a quarter of its time on collecting garbage of which it has little.
os.environ.setdefault("GOGC", "800")
BUDGET, WATCHDOG = "MailprobedBudget", "MailprobedWatchdog"
ANNOTATIONS = re.compile(r"- alert: (\w+)\n.*?summary: ([^\n]*)\n +runbook_url: ([^\n]*)\n", re.S)


def check(alert, instant, alerts):
    """That these fire, and of those that go to people no others. The budget's cases are told of
    other alerts instead of the rules behind them."""
    names = 'severity!="none"'
    if alert == WATCHDOG or alert.startswith(BUDGET):
        names = f'alertname=~"{alert}|{BUDGET}.*"'
    return {"expr": f'count by (alertname) (ALERTS{{alertstate="firing",{names}}})',
            "eval_time": instant,
            "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in alerts]}


def described(alert, rules, story, instant, labels, description):
    """The test of an alert's labels and of what it says to people."""
    texts = "".join((rules / name).read_text() for name in FILES)
    summary, runbook = {name: rest for name, *rest in ANNOTATIONS.findall(texts)}[alert]
    wanted = {"summary": summary, "runbook_url": runbook, "description": description}
    return {"name": "labels and description", "interval": f"{story.scrape}s",
            "input_series": story.series(), "alert_rule_test": [
                {"eval_time": instant, "alertname": alert,
                 "exp_alerts": [{"exp_labels": labels, "exp_annotations": wanted}]}]}


def documents(alert, rules):
    """The tests of one alert, by how far its scrapes, and with them the evaluations, are apart. The
    budget's windows are long, and need no other rules."""
    tests = {}
    for title, story, instants in CASES[alert]:
        tests.setdefault(story.scrape, []).append({
            "name": title, "interval": f"{story.scrape}s", "input_series": story.series(),
            "promql_expr_test": [check(alert, *one) for one in instants.items()]})
    if alert in DESCRIPTIONS:
        tests.setdefault(DESCRIPTIONS[alert][0].scrape, []).append(
            described(alert, rules, *DESCRIPTIONS[alert]))
    own = FILES[1:] if alert.startswith(BUDGET) else FILES[:1]
    return {scrape: {"rule_files": [str(rules / name) for name in own],
                     "evaluation_interval": f"{scrape}s", "tests": some}
            for scrape, some in tests.items()}


def run(alert, rules, work):
    """What promtool says against it; nothing if all is well."""
    said = ""
    for scrape, document in documents(alert, rules.resolve()).items():
        file = work / f"{alert}-{scrape}s.yml"
        # JSON is YAML; a line for each series and each check keeps it readable.
        file.write_text(json.dumps(document, indent=1))
        result = subprocess.run(["promtool", "test", "rules", file], capture_output=True,
                                text=True, check=False)
        if result.returncode != 0:
            said += result.stdout + result.stderr
    return said.strip()


def main(rules, work, *only):
    """Exit status."""
    rules, work = pathlib.Path(rules), pathlib.Path(work)
    work.mkdir(parents=True, exist_ok=True)
    faults = 0
    alerts = [alert for alert in sorted(CASES) if not only or alert in only]
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        answers = pool.map(lambda alert: run(alert, rules, work), alerts)
    for alert, said in zip(alerts, answers):
        count = len(CASES[alert])
        print(f"{alert:32} {count:3} cases  {'WRONG' if said else 'ok'}")
        if said:
            print(said)
        if count < 4 or alert not in DESCRIPTIONS:
            print("  fewer than four cases, or no description")
        faults += bool(said) or count < 4 or alert not in DESCRIPTIONS
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
