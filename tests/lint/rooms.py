#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every file stands in a room, and includes only what the table in ARCHITECTURE.md lets its room.

    rooms.py ROOT [--self-test]

The table is read from ARCHITECTURE.md, so that it cannot say one thing and this test another: a row
for each room, in an order in which a room may include only rooms above it.
--self-test plants a wrong include of each kind in each room of a copy, and expects it to be found."""
import pathlib
import re
import shutil
import sys
import tempfile

HOUSES = ("probes", "config", "daemon", "tests/loopback")
# What each library's headers begin with. The table names libraries; a header of none of them is the
# standard library's or the kernel's.
LIBRARIES = {"Asio": ("boost/asio", "boost/system"), "Beast": ("boost/beast",),
             "Boost.JSON": ("boost/json",), "OpenSSL": ("openssl/",), "yaml-cpp": ("yaml-cpp/",),
             "spdlog": ("spdlog/",), "fmt": ("fmt/",), "prometheus-cpp": ("prometheus/",),
             "SOCI": ("soci/", "sqlite3.h"), "CLI11": ("CLI/",), "libsystemd": ("systemd/",),
             "zlib": ("zlib.h",), "libcrypt": ("crypt.h",)}
KNOWN = tuple(start for starts in LIBRARIES.values() for start in starts)
OUTSIDE = re.compile(r"^(boost|openssl|yaml-cpp|spdlog|fmt|prometheus|soci|CLI|systemd|gtest|gmock)/")
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.M)
ROW = re.compile(r"^\| `([a-z0-9/]+)` \|[^|]*\|([^|]*)\|([^|]*)\|$", re.M)


class Room:
    def __init__(self, name, includes, libraries):
        self.name = name
        self.includes = re.findall(r"`([^`]+)`", includes)
        self.libraries = [word.strip() for word in libraries.split(",") if word.strip()]

    def may_include(self, path, rooms):
        room = room_of(path, rooms)
        if room is self:
            return True
        return any(path == one or (room and room.name == one) or
                   (one.endswith("/*") and path.startswith(one[:-1])) for one in self.includes)

    def may_know(self, header):
        if not header.startswith(KNOWN) and not OUTSIDE.match(header):
            return True
        return any(header.startswith(LIBRARIES.get(name, ())) for name in self.libraries)


def read_rooms(root):
    """The rooms of the table, and what is wrong with it."""
    rooms, wrong = [], []
    for name, includes, libraries in ROW.findall((root / "ARCHITECTURE.md").read_text()):
        room = Room(name, includes, libraries)
        for one in room.includes:
            above = one.endswith("/*") and any(r.name.startswith(one[:-1]) for r in rooms)
            below = one.endswith("/*") and name.startswith(one[:-1])
            if one.endswith("pp"):
                above = room_of(one, rooms) is not None
            if below or not (above or any(r.name == one for r in rooms)):
                wrong.append(f"ARCHITECTURE.md: {name} may include {one}, which is no room above it")
        for library in room.libraries:
            if library not in LIBRARIES:
                wrong.append(f"ARCHITECTURE.md: {name} may know {library}, which nobody knows")
        rooms.append(room)
    return rooms, wrong


def room_of(path, rooms):
    folder = str(pathlib.PurePosixPath(path).parent)
    return next((room for room in rooms if room.name == folder), None)


def problems(root):
    """What is wrong in the tree below `root`."""
    rooms, wrong = read_rooms(root)
    yield from wrong
    graph = {}
    for house in HOUSES:
        for path in sorted((root / house).rglob("*.[ch]pp")):
            name = str(path.relative_to(root))
            room = room_of(name, rooms)
            if room is None:
                yield f"{name}: stands in no room of ARCHITECTURE.md"
                continue
            graph[name] = []
            for mark, included in INCLUDE.findall(path.read_text()):
                if mark == '"':
                    graph[name].append(included)
                    if not room.may_include(included, rooms):
                        yield f"{name}: {room.name} must not include {included}"
                elif not room.may_know(included):
                    yield f"{name}: {room.name} must not know {included}"
    for room in rooms:
        if not any((root / room.name).glob("*.[ch]pp")):
            yield f"ARCHITECTURE.md: {room.name} is an empty room"
    yield from circles(graph)


def circles(graph):
    """Headers that include each other, within a room or across."""
    done, way = set(), []

    def walk(name):
        if name in way:
            yield f"{name}: includes itself by way of {', '.join(way[way.index(name) + 1:])}"
            return
        if name in done:
            return
        way.append(name)
        for included in graph.get(name, ()):
            yield from walk(included)
        way.pop()
        done.add(name)

    for name in graph:
        yield from walk(name)


def self_test(root):
    """Each planted mistake that was not found."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder)
        shutil.copy(root / "ARCHITECTURE.md", copy)
        for house in HOUSES:
            shutil.copytree(root / house, copy / house, ignore=lambda _, names: [
                n for n in names if not n.endswith(("pp",)) and "." in n])
        rooms, _ = read_rooms(copy)

        def planted(where, text, expected):
            file = copy / where
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
            found = [p for p in problems(copy) if expected in p]
            file.unlink()
            if len(found) != 1:
                yield f"{where}: {text.strip()} is found {len(found)} times"

        for at, room in enumerate(rooms):
            above = [r.name for r in rooms[:at]]
            below = [r.name for r in rooms[at + 1:]]
            kinds = {"upwards": below[:1] + below[-1:],
                     "sideways": [r for r in above
                                  if not room.may_include(r + "/planted.hpp", rooms)][-1:]}
            for others in kinds.values():
                for other in others:
                    wrong = f"{other}/planted_elsewhere.hpp"
                    yield from planted(f"{room.name}/planted.cpp", f'#include "{wrong}"\n', wrong)
            library = next(start for name, starts in LIBRARIES.items() for start in starts
                           if name not in room.libraries)
            yield from planted(f"{room.name}/planted.cpp", f"#include <{library}planted.hpp>\n",
                               f"must not know {library}planted.hpp")
            yield from planted(f"{room.name}/circle.hpp", f'#include "{room.name}/circle.hpp"\n',
                               "includes itself")
            yield from planted(f"{room.name}/planted/planted.cpp", "\n", "stands in no room")


ROOT = pathlib.Path(sys.argv[1])
found = list(problems(ROOT))
if "--self-test" in sys.argv:
    found += self_test(ROOT)
print("\n".join(found) or "every file is in its room and includes what that may")
sys.exit(1 if found else 0)
