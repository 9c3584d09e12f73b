#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`mailprobed status` says of a running daemon what its metrics and its API say.

    live_test.py MAILPROBED LOOPBACK [TEST...]"""
import json
import pathlib
import re
import subprocess
import sys
import unittest

_HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE.parent / "weather"), str(_HERE)]
# pylint: disable=wrong-import-position
from scene import Scene, eventually  # noqa: E402
from terminal import AtTerminal  # noqa: E402

PROGRAM, LOOPBACK = sys.argv[1:3]


class Live(unittest.TestCase):
    """One daemon with a good route, one whose login is refused, and one that has to wait."""

    @classmethod
    def setUpClass(cls):
        cls.scene = Scene(PROGRAM, LOOPBACK)
        cls.addClassCleanup(cls.scene.close)
        users = ("good", "refused", "waiting")
        cls.scene.serve(*[word for user in users
                          for word in ("--account", f"{user}@test.invalid:{user}:secret")],
                        "--fault", "smtp LOGIN refuse user=refused",
                        "--fault", "smtp DOT lose user=waiting")
        for user in users:
            cls.scene.account(user)
            cls.scene.configuration.probe(user, interval="1s", deadline="10m")
        cls.scene.run()
        eventually("verdicts have fallen",
                   lambda: {mail["probe"] for mail in cls.scene.judged()} == {"good", "refused"})
        eventually("a mail waits", lambda: cls.scene.daemon.metrics().value(
            "pending_mails", probe="waiting") > 0)

    def status(self, *words):
        """Exit status and lines."""
        done = subprocess.run([PROGRAM, "status", "--url", self.scene.daemon.url, *words],
                              capture_output=True, timeout=60)
        self.assertEqual(done.stderr, b"")
        return done.returncode, done.stdout.decode().splitlines()

    def test_every_route_stands_there_with_its_state_and_the_worst_comes_first(self):
        status, lines = self.status()
        self.assertEqual(status, 1)
        self.assertEqual(lines[0], "1 of 3 routes does not deliver: refused (auth: auth_rejected)"
                                   "; 1 has no verdict yet")
        rows = [line.split() for line in lines[3:]]
        self.assertEqual([row[:2] for row in rows],
                         [["down", "refused"], ["new", "waiting"], ["up", "good"]])
        self.assertRegex(lines[3], r" 0% +0% +0% +x+ .* auth: auth_rejected")
        self.assertRegex(lines[5], r" 100% +100% +100% +[_.:=+*#-]+ +\d\.\d{3} \+-\d\.\d{3} ")
        self.assertGreater(int(rows[1][-1]), 0)

    def test_the_numbers_are_those_of_the_api(self):
        answer = json.loads(self.scene.daemon.get("/api/v1/probes"))
        good = next(probe for probe in answer["probes"] if probe["name"] == "good")
        self.assertEqual(good["state"], "up")
        length = len(good["recent"])
        recent = self.status()[1][5].split()[6]
        self.assertIn(len(recent), range(min(length, 30), min(length, 30) + 5))

    def test_watch_shows_each_new_verdict(self):
        terminal = AtTerminal(PROGRAM, "status", "--watch", "--url", self.scene.daemon.url,
                              columns=160)
        self.addCleanup(terminal.close)
        terminal.until(r"refused.*waiting.*good")
        before = len(re.findall("[▁▂▃▄▅▆▇█]", terminal.written))
        terminal.until(rf"(?:[▁▂▃▄▅▆▇█].*?){{{2 * before + 1}}}")
        terminal.key("\x03")
        self.assertEqual(terminal.end()[0], 1)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
