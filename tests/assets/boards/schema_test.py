#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TypeScript finds that each board satisfies Grafana's own types (@grafana/schema), of Grafana 10 and of
Grafana 11, and that the broken copies do not.

usage: schema_test.py [option of unittest...]"""
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from boards import boards
from sabotage import copies

HERE = pathlib.Path(__file__).resolve().parent
VERSIONS = (10, 11)


def check(sources):
    """What the compiler says of sources {name: text}: {name: [messages]}."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        shutil.copy(HERE / "board.ts", folder)
        (folder / "node_modules").symlink_to(HERE / "node_modules")
        options = json.loads((HERE / "tsconfig.json").read_text())
        options["files"] = ["board.ts", *(f"{name}.ts" for name in sources)]
        (folder / "tsconfig.json").write_text(json.dumps(options))
        for name, text in sources.items():
            (folder / f"{name}.ts").write_text(text)
        said = subprocess.run([HERE / "node_modules/.bin/tsc", "--project", folder, "--pretty", "false"],
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    messages = {name: [] for name in sources}
    for file, message in re.findall(r"^(?:\S*/)?([^/\s]+)\.ts(\(.*)$", said.stdout, re.M):
        messages.setdefault(file, []).append(message[:500])
    if said.returncode and not any(messages.values()):
        raise AssertionError(said.stdout)
    return messages


def source(board, version):
    """A board as a literal that has to satisfy the types of one version of Grafana."""
    return (f"import type {{ Board{version} }} from './board';\n"
            f"export default {json.dumps(board.json, indent=1)} satisfies Board{version};\n")


class Schema(unittest.TestCase):
    maxDiff = None

    def test_the_boards_satisfy_the_types_of_grafana(self):
        sources = {f"{board.name}_{version}": source(board, version)
                   for board in boards() for version in VERSIONS}
        self.assertEqual(check(sources), {name: [] for name in sources})

    def test_a_broken_copy_satisfies_them_not(self):
        broken = dict(enumerate(copies(boards(), "schema")))
        sources = {f"broken_{number}": source(board, 11) for number, (_, board) in broken.items()}
        said = check(sources)
        passed = [name for number, (name, _) in broken.items() if not said[f"broken_{number}"]]
        self.assertEqual(passed, [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
