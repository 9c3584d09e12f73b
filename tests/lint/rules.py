#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every rule that the name of a test cites (A1_08) is defined in docs/rules.md (A1.08), and every
rule that is defined there is cited. Every rule of docs/claims.md (C7) names tests or files that hold
it, and those exist; what else cites a rule of that page (claims C7) cites one that there is."""
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
tests = {f"{suite}.{name}" for path in (root / "tests").rglob("*.cpp")
         for suite, name in re.findall(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)",
                                       path.read_text(errors="replace"), re.MULTILINE)}
claims = re.split(r"^\*\*(C\d+)\. ", (root / "docs/claims.md").read_text(), flags=re.MULTILINE)[1:]
numbers = claims[::2]
if numbers != [f"C{n + 1}" for n in range(len(numbers))]:
    found.append("docs/claims.md: the rules are not numbered C1, C2, ...")
for number, text in zip(numbers, claims[1::2]):
    held = re.search(r"^Held by (.*)$", text, re.MULTILINE)
    names = re.findall(r"`([^`]+)`", held[1]) if held else []
    if not names:
        found.append(f"docs/claims.md: no test holds {number}")
    found += [f"docs/claims.md: {number}: there is no test or file {name}" for name in names
              if name not in tests and not (root / name).is_file()]
for folder in ("probes", "daemon", "tests"):
    for path in (root / folder).rglob("*.[chp]*"):
        if "node_modules" not in path.parts and path.is_file():
            cites = re.findall(r"claims (C\d+)", path.read_text(errors="replace"))
            found += [f"{path.relative_to(root)}: docs/claims.md has no rule {one}"
                      for one in cites if one not in numbers and path.name != "rules.py"]
print("\n".join(found) or f"{len(rows)} rules are defined and cited, {len(numbers)} claims held")
sys.exit(1 if found else 0)
