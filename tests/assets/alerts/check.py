#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds config/prometheus to what the rest of the tree says: promtool and amtool take every file;
each metric and label in the rules is one that docs/metrics.md lists; each alert has a severity, a
static summary, and a section of RUNBOOK.md behind its link. Then renames each metric in a copy, one
after the other, and demands to be told.

    check.py ROOT [RULES_FOLDER]"""
import pathlib
import re
import subprocess
import sys

from campaign import limits

OWN = re.compile(r"(?<![:\w])((?:mailprobed|process)_\w+)(?:\{(.*?)\}(?=[^,\"]|$))?")
RECORDED = re.compile(r"\w*:mailprobed_\w+(?::\w+)?|mailprobed:\w+(?::\w+)?")
MATCHER = re.compile(r'(\w+) ?(?:=~|!~|!=|=) ?\\?"(.*?)\\?"')
GIVEN = {"job", "instance", "__name__"}  # by Prometheus
# Gone, or another thing, in Prometheus 3.
REMOVED = ("holt_winters", "double_exponential_smoothing", "limitk", "info(", "_created")
TEMPLATED = re.compile(r"^%[sq]$")


def documented(readme):
    """Metric -> (type, labels) of the tables of docs/metrics.md, and the words that it and the
    table of stages and causes have for labels' values."""
    text = readme.read_text()
    causes = (readme.parent.parent / "probes" / "domain" / "outcome" / "failure.cpp").read_text()
    words = {*re.findall(r"`(\w+)`", text), *re.findall(r'return "(\w+)";', causes)}
    rows = re.findall(r"^\| `((?:mailprobed|process)_\w+)` \| (\w+) \| (.*?) \|", text, re.M)
    return {name: (kind, set(re.findall(r"\w+", re.sub(r"\(.*?\)", "", labels))))
            for name, kind, labels in rows}, words


def known_as(name, metrics):
    """The documented metric behind a name: a summary and a histogram have several."""
    base = re.sub(r"_(sum|count|bucket)$", "", name)
    if base != name and metrics.get(base, ("",))[0] in ("summary", "histogram"):
        return base
    return name if name in metrics else None


def expressions(text):
    """The rules without comments and without what is said to people."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return re.sub(r"(summary|runbook_url|- name): .*", "", "\n".join(lines))


def check_names(text, metrics, words):
    """What the rules name that nobody exports."""
    faults, rules = [], expressions(text)
    for name, matchers in OWN.findall(rules):
        known = known_as(name, metrics)
        if known is None:
            faults.append(f"{name} is not in docs/metrics.md")
            continue
        for label, value in MATCHER.findall(matchers or ""):
            if label not in metrics[known][1] | GIVEN:
                faults.append(f"{name} has no label {label}")
            for word in re.split(r"[|]", value):
                if not TEMPLATED.match(word) and word not in words:
                    faults.append(f"{name}: docs/metrics.md and failure.cpp know no {label} "
                                  f"{word!r}")
    defined = set(re.findall(r"record: (\S+)", rules))
    faults += [f"{name} is recorded nowhere" for name in RECORDED.findall(rules)
               if name not in defined]
    faults += [f"{word} is not in Prometheus 2.42 and 3 alike" for word in REMOVED if word in rules]
    return sorted(set(faults))


def check_alerts(text, runbook):
    """What an alert owes its reader."""
    faults, bases = [], set()
    sections = set(re.findall(r"^## (\w+)", runbook, re.M))
    blocks = re.findall(r"- alert: (\w+)\n(.*?)(?=\n      - |\Z)", text, re.S)
    for name, block in blocks:
        severity = re.search(r"severity: (\w+)", block)
        summary = re.search(r"summary: (.*)", block)
        link = re.search(r"runbook_url: (\S+)#(\w+)", block)
        if not severity or severity[1] not in ("page", "ticket", "none"):
            faults.append(f"{name}: no severity")
        if not summary or "{{" in summary[1]:
            faults.append(f"{name}: no static summary")
        if not link or link[2] != name.lower():
            faults.append(f"{name}: no link to its section of the runbook")
        else:
            bases.add(link[1])
        if name not in sections:
            faults.append(f"{name}: no section in RUNBOOK.md")
        if "description:" not in block:
            faults.append(f"{name}: no description")
    names = {name for name, _ in blocks}
    faults += [f"RUNBOOK.md: {name} is no alert" for name in sections - names
               if name.startswith("Mailprobed")]
    if len(bases) != 1:
        faults.append(f"more than one place of the runbook: {sorted(bases)}")
    return faults


def check_tools(folder):
    """What promtool and amtool say."""
    rules = sorted(folder.glob("*.rules.yml"))
    faults = []
    for command in (["promtool", "check", "rules", "--lint=all", "--lint-fatal", *rules],
                    ["promtool", "check", "config", "--syntax-only",
                     folder / "prometheus.example.yml"],
                    ["amtool", "check-config", folder / "alertmanager.example.yml"]):
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            faults.append(f"{command[0]}: {result.stdout}{result.stderr}")
    if re.search(r"email|smtp", (folder / "alertmanager.example.yml").read_text().split(
            "receivers:\n")[1]):
        faults.append("a receiver goes by mail")
    return faults


def check_inhibition(text):
    """That an alert closer to the cause holds back what follows from it, and nothing else."""
    rules = [(re.search(r'source_matchers: \[\'alertname = "(\w+)"', one)[1],
              re.search(r'target_matchers: \[\'alertname =~? "(.*?)"', one)[1],
              re.search(r"equal: \[(.*?)\]", one)[1].split(", "))
             for one in text.split("inhibit_rules:")[1].split("receivers:")[0].split("  - ")[1:]
             if "source_matchers" in one]

    def held_back(source, target, same):
        return any(source == by and re.fullmatch(what, target) and set(equal) <= same
                   for by, what, equal in rules)
    where = {"job", "instance"}
    wanted = (
        ("MailboxUnreadable", "RouteDown", where | {"mailbox"}, False),
        ("MailboxUnreadable", "MailOverdue", where | {"mailbox"}, True),
        ("MailboxUnreadable", "MailOverdue", where | {"account"}, False),
        ("MailboxUnreadable", "LoginRefused", where | {"mailbox", "account"}, False),
        ("LoginRefused", "RouteDown", where | {"account", "mailbox"}, False),
        ("RouteDown", "RouteFlaky", where | {"probe"}, True),
        ("RouteDown", "DeliverySlow", where | {"account", "mailbox"}, False),
        ("Unstable", "RouteDown", where, False),
        ("Down", "RouteDown", where, True),
        ("Down", "RouteDown", {"job"}, False))
    return [f"alertmanager.example.yml: {source} {'holds' if not want else 'does not hold'} back "
            f"{target} with the same {', '.join(sorted(same))}"
            for source, target, same, want in wanted
            if held_back(f"Mailprobed{source}", f"Mailprobed{target}", same) != want]


def main(root, folder=None):
    """Exit status."""
    root = pathlib.Path(root)
    folder = pathlib.Path(folder or root / "config" / "prometheus")
    text = "\n".join(file.read_text() for file in sorted(folder.glob("*.rules.yml")))
    metrics, words = documented(root / "docs" / "metrics.md")
    faults = check_tools(folder) + check_names(text, metrics, words)
    runbook = (folder / "RUNBOOK.md").read_text()
    faults += check_alerts(text, runbook)
    faults += check_inhibition((folder / "alertmanager.example.yml").read_text())
    if limits() not in runbook:
        faults.append("RUNBOOK.md has other limits than campaign.py --limits")
    used = sorted({name for name, _ in OWN.findall(expressions(text))})
    for name in used:
        broken = re.sub(rf"(?<![:\w]){name}\b", name.replace("mailprobed_", "mailprobed_no_"), text)
        if not check_names(broken, metrics, words):
            faults.append(f"nobody would notice another name for {name}")
    print("\n".join(faults) or
          f"{len(used)} metrics in the rules, all exported; renaming any is found")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
