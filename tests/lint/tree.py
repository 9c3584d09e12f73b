#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What every source file of the tree has: a licence line, a first comment that says what the file is
for, at most 400 lines; and no two product headers name a type alike, which the linker would mix up."""
import collections
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
LICENCE = "SPDX-License-Identifier: Apache-2.0"
found = []
for folder in ("probes", "config", "daemon", "tests", "systemd"):
    for path in sorted((root / folder).rglob("*")):
        if path.suffix not in (".cpp", ".hpp", ".py", ".c") or not path.is_file():
            continue
        name, lines = path.relative_to(root), path.read_text(errors="replace").splitlines()
        if not any(LICENCE in line for line in lines[:3]):
            found.append(f"{name}: no licence line")
        if len(lines) > 400:
            found.append(f"{name}: {len(lines)} lines; 400 are the most, split it")
        if path.suffix in (".cpp", ".hpp") and len(lines) > 1 and not lines[1].startswith("// "):
            found.append(f"{name}: the second line should say what the file is for")
        if path.suffix == ".hpp" and "#pragma once" not in lines:
            found.append(f"{name}: no #pragma once")
TYPE = re.compile(r"^(?:struct|class|enum class) (\w+)\s*(?:final\s*)?(?::[^;{]*)?\{", re.M)
homes = collections.defaultdict(list)
for folder in ("probes", "config", "daemon"):
    for path in sorted((root / folder).rglob("*.hpp")):
        for name in TYPE.findall(path.read_text()):
            homes[name].append(str(path.relative_to(root)))
for name, paths in homes.items():
    if len(paths) > 1:
        found.append(f"{name} is a type in {' and in '.join(paths)}")
print("\n".join(found) or "the tree is in order")
sys.exit(1 if found else 0)
