#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every rule that the name of a test cites (A1_08) is defined in docs/rules.md (A1.08), and every
rule that is defined there is cited."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
CITED = re.compile(r"(?<![A-Za-z0-9])([A-F]\d{1,2})_(\d{1,2})_")
cited = {}
for folder in ("tests/unit", "tests/session", "tests/e2e"):
    for path in (root / folder).rglob("*.cpp"):
        for name in re.findall(r"^TEST(?:_F|_P)?\(\s*\w+,\s*(\w+)\)",
                               path.read_text(errors="replace"), re.MULTILINE):
            for group, number in CITED.findall(name):
                cited.setdefault(f"{group}.{number}", f"{path.relative_to(root)}: {name}")
page = (root / "docs/rules.md").read_text()
rows = re.findall(r"^\| ([A-F]\d{1,2}\.\d{1,2}) \| \S", page, re.MULTILINE)
found = [f"{place}: docs/rules.md has no rule {rule}"
         for rule, place in sorted(cited.items()) if rule not in rows]
found += [f"docs/rules.md: no test cites {rule}" for rule in rows if rule not in cited]
found += [f"docs/rules.md: {rule} stands there twice" for rule in set(rows) if rows.count(rule) > 1]
print("\n".join(found) or f"{len(rows)} rules are defined and cited")
sys.exit(1 if found else 0)
