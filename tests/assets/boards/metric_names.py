# SPDX-License-Identifier: Apache-2.0
"""Metrics that boards and rules name, against what the daemon exports."""
import pathlib
import re

from boards import FOLDER
from promql import names

RULES = FOLDER.parent / "prometheus"
UNUSED = pathlib.Path(__file__).parent / "unused_metrics.txt"
# Made by Prometheus, not by us.
_FOREIGN = {"up"}
_RECORDED = re.compile(r"^\s*-?\s*record:\s*(\S+)", re.M)
# Comments and the names of groups name no metrics.
_ASIDE = re.compile(r"(^|\s)#.*$|^\s*- name:.*$", re.M)
_WORD = re.compile(r"[a-zA-Z_][\w:]*")


def exported(text):
    """The families of one scrape: {name: type}."""
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))


def family(name, known):
    """The family that a series belongs to, None if there is none."""
    for suffix, types in (("_bucket", ("histogram",)), ("_sum", ("histogram", "summary")),
                          ("_count", ("histogram", "summary"))):
        if name.endswith(suffix) and known.get(name.removesuffix(suffix)) in types:
            return name.removesuffix(suffix)
    # Without a suffix a histogram has no series, nor has a summary without quantiles.
    return name if known.get(name) in ("counter", "gauge") else None


def in_rules(folder=RULES):
    """(where, name) of all metrics in files of rules, if there are any, and the names recorded there."""
    files = {file.name: _ASIDE.sub("", file.read_text()) for file in sorted(folder.glob("*.yml"))}
    recorded = {name for text in files.values() for name in _RECORDED.findall(text)}
    used = [(file, word) for file, text in files.items() for word in _WORD.findall(text)
            if "mailprobed_" in word or word.startswith("process_")]
    return used, recorded


def problems(boards, known, rules=None, unused=None):
    """Names that nobody exports, and exports that nobody uses or lists as unused with a reason."""
    used, recorded = rules or in_rules()
    used = used + [(where, name) for board in boards for where, expression in board.expressions()
                   for name in names(expression)]
    found = set()
    for where, name in used:
        if name in recorded or name in _FOREIGN:
            continue
        here = family(name, known)
        if here is None:
            yield f"{where}: nobody exports {name}"
        found.add(here)
    listed = unused if unused is not None else dict(
        line.split(None, 1) for line in UNUSED.read_text().splitlines() if line and line[0] != "#")
    for name in sorted(known.keys() - found - listed.keys()):
        yield f"{name} is exported, but neither used nor listed in {UNUSED.name}"
    for name in sorted(listed.keys() & found):
        yield f"{name} is listed in {UNUSED.name}, but used"
    for name in sorted(listed.keys() - known.keys()):
        yield f"{name} is listed in {UNUSED.name}, but not exported"
    for name, reason in listed.items():
        if len(reason) < 10:
            yield f"{name} is listed in {UNUSED.name} without a reason"
