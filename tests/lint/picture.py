#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws docs/images/rooms.svg from the table of rooms in ARCHITECTURE.md, and fails where the file is
not that picture.

    picture.py ROOT [--write]

Rooms of one group (probes/wire/*, config/*) are one box; each stands above all that it includes. An
arrow that others imply is left out."""
import pathlib
import re
import sys

ROW = re.compile(r"^\| `((?:probes|config|daemon)[\w/]*)` \|[^|]*\|([^|]*)\|", re.M)
WIDTH, BOX, HIGH, GAP, FLOOR = 800, 136, 30, 40, 62
# Where the boxes of a folder stand, by their middle.
COLUMNS = {"probes": 110, "config": 310, "daemon": 600}
STYLE = """  <style>
    rect { fill: #eef3f8; stroke: #456; rx: 5px }
    text { font: 13px sans-serif; text-anchor: middle; fill: #123 }
    line { stroke: #789; stroke-width: 1.2 }
    path { fill: #789 }
    @media (prefers-color-scheme: dark) {
      rect { fill: #1d2833; stroke: #89a }
      text { fill: #dde6ee }
    }
  </style>"""


def group_of(room):
    parts = room.split("/")
    if parts[0] == "config":
        return "config"
    return "/".join(parts[:2])


def groups(page):
    """Each group and what it includes."""
    rows = ROW.findall(page)
    names = [name for name, _ in rows]
    result = {}
    for name, cell in rows:
        mine = result.setdefault(group_of(name), set())
        for one in re.findall(r"`([^`]+)`", cell):
            one = re.sub(r"/\w+\.hpp$", "", one)
            whole = one[:-2] if one.endswith("/*") else one
            mine |= {group_of(other) for other in names
                     if other == whole or (one != whole and other.startswith(whole + "/"))}
    return {name: others - {name} for name, others in result.items()}


def reduced(edges):
    """Without the arrows that others imply."""
    def reach(start, seen):
        for other in edges[start]:
            if other not in seen:
                seen.add(other)
                reach(other, seen)
        return seen
    return {name: {one for one in others
                   if not any(one in reach(other, set()) for other in others - {one})}
            for name, others in edges.items()}


def floors(edges):
    level = {}

    def floor(name):
        if name not in level:
            level[name] = 1 + max((floor(one) for one in edges[name]), default=-1)
        return level[name]
    for name in edges:
        floor(name)
    return level


def draw(page):
    edges = groups(page)
    level = floors(edges)
    top = max(level.values())
    place = {}
    for one in range(top + 1):
        for folder, middle in COLUMNS.items():
            names = [n for n in edges if level[n] == one and n.split("/")[0] == folder]
            left = middle - (len(names) * BOX + (len(names) - 1) * GAP) / 2
            for index, name in enumerate(names):
                place[name] = (left + index * (BOX + GAP), 10 + (top - one) * FLOOR)
    height = 20 + top * FLOOR + HIGH
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
             ' role="img" aria-label="Rooms, each above those that it includes">', STYLE]
    for name, others in reduced(edges).items():
        for other in sorted(others):
            x1, y1 = place[name][0] + BOX / 2, place[name][1] + HIGH
            x2, y2 = place[other][0] + BOX / 2, place[other][1]
            lines.append(f'  <line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2 - 5:g}"/>')
            lines.append(f'  <path d="M{x2:g} {y2:g}l-4 -7h8z"/>')
    for name, (x, y) in place.items():
        lines.append(f'  <rect x="{x:g}" y="{y:g}" width="{BOX}" height="{HIGH}"/>')
        lines.append(f'  <text x="{x + BOX / 2:g}" y="{y + HIGH / 2 + 4:g}">{name}</text>')
    return "\n".join([*lines, "</svg>", ""])


def main(root, write):
    picture = draw((root / "ARCHITECTURE.md").read_text())
    path = root / "docs/images/rooms.svg"
    if write:
        path.write_text(picture)
    if not path.exists() or path.read_text() != picture:
        sys.exit(f"{path.relative_to(root)} is not the table of ARCHITECTURE.md: run"
                 " python3 tests/lint/picture.py . --write")
    print("the picture of the rooms is that of the table")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), "--write" in sys.argv[2:])
