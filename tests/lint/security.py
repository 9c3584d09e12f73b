#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds tests/SECURITY-TESTS.md to the sources: every rule has its line, every test or file named
there exists, and every test that bears a rule's id in its name stands in that rule's line."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
RULES = ["B1.1", "B1.2", "B1.4", "B1.5", "B1.6", "B1.7", "B1.8", "B1.10",
         "B2.1", "B2.2", "B2.3", "B2.4", "B2.5", "B2.6",
         "B3.1", "B3.2", "B3.3", "B3.4", "B3.5", "B3.6",
         "B4.1", "B4.2", "B4.3", "B4.4", "B4.5", "B4.6", "B4.8"]

tests = set()
for path in (root / "tests").rglob("*.cpp"):
    for suite, name in re.findall(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)",
                                  path.read_text(errors="replace"), re.MULTILINE):
        tests.add(f"{suite}.{name}")

found, listed = [], {}
for number, line in enumerate((root / "tests/SECURITY-TESTS.md").read_text().splitlines(), 1):
    row = re.match(r"\| (B\d\.\d+) \| [^|]+ \| ([^|]+) \|$", line)
    if not row:
        if line.startswith("| B"):
            found.append(f"line {number}: not a row of three columns")
        continue
    names = re.findall(r"`([^`]+)`", row[2])
    if not names or re.sub(r"`[^`]+`", "", row[2]).strip():
        found.append(f"line {number}: the last column holds names in backticks and nothing else")
    if row[1] in listed:
        found.append(f"line {number}: {row[1]} has two lines")
    listed[row[1]] = names
    for name in names:
        if name not in tests and not ("/" in name and (root / name).is_file()):
            found.append(f"line {number}: there is no test or file {name}")
for rule in RULES:
    if rule not in listed:
        found.append(f"no line for {rule}")
for test in sorted(tests):
    named = re.match(r"(B[1-4])_(\d+)_", test.split(".")[1])
    rule = f"{named[1]}.{named[2]}" if named else None
    if rule in RULES and test not in listed.get(rule, []):
        found.append(f"{test} is not in the line of {rule}")
print("\n".join(found) or f"{len(listed)} rules are held by tests that exist")
sys.exit(1 if found else 0)
