#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The boards keep the rules of grafana/dashboard-linter, they are what make_boards.py writes, and their
broken copies do not pass.

usage: rules_test.py [option of unittest...]"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

from boards import FOLDER, boards
from linter_rules import problems
from sabotage import copies


class Rules(unittest.TestCase):
    def test_the_boards_keep_every_rule(self):
        self.assertEqual([board.name for board in boards()], ["overview", "probe"])
        for board in boards():
            with self.subTest(board.name):
                self.assertEqual(problems(board), [])

    def test_the_boards_are_what_the_program_beside_them_writes(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        subprocess.run([sys.executable, "-B", FOLDER / "make" / "make_boards.py", folder], check=True)
        for file in sorted(pathlib.Path(folder).iterdir()):
            with self.subTest(file.name):
                self.assertEqual(file.read_text(), (FOLDER / file.name).read_text(),
                                 "run config/grafana/make/make_boards.py")

    def test_grafana_is_told_to_look_where_the_package_puts_the_boards(self):
        provider = (FOLDER / "provisioning" / "dashboards" / "mailprobed.yaml").read_text()
        self.assertRegex(provider, r"(?m)^ +path: /usr/share/mailprobed/grafana$")
        installed = (FOLDER.parents[1] / "systemd" / "share.cmake").read_text()
        self.assertIn("foreach(assets grafana", installed)
        self.assertIn("install(DIRECTORY config/${assets} DESTINATION "
                      "${CMAKE_INSTALL_DATADIR}/mailprobed", installed)

    def test_a_broken_copy_breaks_a_rule(self):
        for name, board in copies(boards(), "rules"):
            with self.subTest(name):
                self.assertNotEqual(problems(board), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
