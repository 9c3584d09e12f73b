#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`once --nagios` with every verdict, and what `once` and `status --watch` show at a terminal.

    once_test.py MAILPROBED LOOPBACK [TEST...]"""
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

_HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE.parent / "weather"), str(_HERE)]
# pylint: disable=wrong-import-position
from canned import DOWN, GOOD, Canned, answer, response, saying  # noqa: E402
from scene import Scene, eventually  # noqa: E402
from terminal import AtTerminal  # noqa: E402

PROGRAM, LOOPBACK = sys.argv[1:3]
PERFDATA = r"( [a-z_0-9]+=[0-9.]+s?;[0-9.]*;[0-9.]*;0)+"
LINE = re.compile(rf"\AMAILPROBED (OK|WARNING|CRITICAL|UNKNOWN) - ([^|\n]*)( \|({PERFDATA}))?\n\Z")
WORDS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
FAULTS = {
    "good": [],
    "slow": ["smtp DOT delay_delivery delivery=1500ms"],
    "altered": ["smtp DOT alter"],
    "twice": ["smtp DOT duplicate"],
    "kept": ["pop3 DELE refuse"],
    "lost": ["smtp DOT lose"],
    "refused": ['smtp LOGIN reply text="535-no | round_trip=0\\r\\n535 MAILPROBED OK - \\x1b[2J"'],
    "bounced": ["smtp DOT bounce delivery=100ms"],
    "locked": ["pop3 LOGIN refuse"],
}


class OnceTest(unittest.TestCase):
    """A mail server with these users, and a probe for each."""

    def setUp(self):
        self.scene = Scene(PROGRAM, LOOPBACK)
        self.addCleanup(self.scene.close)

    def serve(self, faults, **times):
        """Starts the mail server; the folder's configuration has a probe for each user."""
        options = []
        for user, rules in faults.items():
            options += ["--account", f"{user}@test.invalid:{user}:secret"]
            for rule in rules:
                options += ["--fault", f"{rule} user={user}"]
        self.scene.serve("--log-commands", *options)
        for user in faults:
            self.scene.account(user)
            self.scene.configuration.probe(user, **{
                "interval": "1m", "deadline": "3s", "verdict_grace": "2s", "slo_latency": "1s",
                **times})
        return self.scene.configuration.write()

    def looks(self):
        """How often somebody logged in to a mailbox."""
        return len([e for e in self.scene.server.events("login") if e["protocol"] == "pop3"])

    def commands(self, word):
        """What was asked for at the mail server."""
        return [event for event in self.scene.server.events("command")
                if event["text"].startswith(word)]

    def check(self, *words):
        """Exit status, text and perfdata of one check, whose form is checked."""
        done = subprocess.run([PROGRAM, *map(str, words), "--nagios"], capture_output=True,
                              timeout=60, stdin=subprocess.DEVNULL)
        output = done.stdout.decode()
        self.assertEqual(done.stderr, b"")
        line = LINE.match(output)
        self.assertTrue(line, repr(output))
        self.assertEqual(WORDS[done.returncode], line[1], output)
        perfdata = dict(item.split("=") for item in (line[4] or "").split())
        return done.returncode, line[2], perfdata


class Nagios(OnceTest):
    """One line and a status."""

    def test_every_verdict_has_its_status_and_one_line_with_perfdata(self):
        configuration = self.serve(FAULTS)
        expected = {"good": (0, "delivered after"), "slow": (1, "slower than 1 s"),
                    "altered": (1, "its body was altered"), "twice": (1, "more than once"),
                    "kept": (1, "could not be removed"), "lost": (2, "lost, accepted"),
                    "refused": (2, "send_failed at auth: auth_rejected"),
                    "bounced": (2, "bounced, last words: 5.1.1"),
                    "locked": (3, "could not be read (auth: auth_rejected)")}
        for user, (status, words) in expected.items():
            with self.subTest(user):
                found, text, perfdata = self.check("--config", configuration, "once", user)
                self.assertEqual(found, status, text)
                self.assertTrue(text.startswith(user + ": "), text)
                self.assertIn(words, text)
                self.assertEqual("round_trip" in perfdata, "delivered" in text)
                self.assertIn("smtp", perfdata)
        _, _, perfdata = self.check("--config", configuration, "once", "good")
        self.assertRegex(perfdata["round_trip"], r"^0\.\d{3}s;1;3;0$")
        self.assertEqual(list(perfdata), ["round_trip", "uncertainty", "delivery", "smtp", "mailbox",
                                          "looks"])

    def test_whatever_is_wrong_before_a_mail_is_sent_is_unknown_on_one_line_too(self):
        configuration = self.serve({"good": []})
        broken = configuration.with_name("broken.yaml")
        broken.write_text("accounts: 1\nprobes: 1\nwrong: |\n  a\n")
        for words, expected in (
                (["--config", broken, "once", "good"], r"configuration: .*broken.yaml:1:.* more\)"),
                (["--config", "/does/not/exist", "once", "good"], "cannot be read"),
                (["--config", configuration, "once", "a|b\nc"], r"no probe called a/b\\u000ac"),
                (["--config", configuration, "once"], "command line: PROBE is required"),
                (["once", "good"], "/etc/mailprobed/mailprobed.yaml:1:1: the file cannot be read"),
                (["--config", configuration, "once", "good", "--wrong"], "--wrong")):
            with self.subTest(words):
                status, text, perfdata = self.check(*words)
                self.assertEqual((status, perfdata), (3, {}))
                self.assertRegex(text, expected)

    def test_a_scheduler_that_loses_patience_gets_a_line_that_says_how_far_the_mail_was(self):
        configuration = self.serve({"lost": ["smtp DOT lose"]}, deadline="60s")
        for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGINT):
            before = self.looks()
            process = subprocess.Popen([PROGRAM, "--config", configuration, "once", "lost",
                                        "--nagios"], stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT)
            # Two looks: the answer to the dot has been read long since.
            eventually("the mailbox is looked into twice",
                       lambda seen=before: self.looks() >= seen + 2)
            process.send_signal(number)
            output = process.communicate(timeout=10)[0].decode()
            self.assertEqual(process.returncode, 3)
            self.assertRegex(output, r"\AMAILPROBED UNKNOWN - lost: waiting: \d+ s of 60 s, \d+ "
                                     rf"looks?[^\n]*; ended by {number.name}: the mail is on its "
                                     r"way[^\n|]*\n\Z")

    def test_a_signal_after_the_verdict_does_not_take_it_back(self):
        configuration = self.serve({"kept": ["pop3 DELE stall"]}, deadline="60s")
        for words, expected, status in ((["--nagios"], r"\AMAILPROBED WARNING - kept: delivered after "
                                         r"[^\n]*could not be removed[^\n]*\n\Z", 1),
                                        ([], r"\Akept: delivered after [^\n]*\nThe mail [0-9a-f]{16} "
                                         r"was not removed; it stays in the mailbox of kept\.\n\Z", 0)):
            before = len(self.commands("DELE"))
            process = subprocess.Popen([PROGRAM, "--config", configuration, "once", "kept", *words],
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            eventually("it is about to remove the mail",
                       lambda seen=before: len(self.commands("DELE")) > seen)
            process.terminate()
            output = process.communicate(timeout=10)[0].decode()
            self.assertRegex(output, expected)
            self.assertEqual(process.returncode, status)

    def test_a_server_that_hangs_after_the_verdict_is_not_waited_for(self):
        self.scene.serve("--account", "kept@test.invalid:kept:secret",
                         "--fault", "pop3 DELE stall user=kept")
        self.scene.account("kept", pop3={"timeouts": {"command": "5m", "total": "10m"}})
        self.scene.configuration.probe("kept", interval="1m", deadline="3s")
        began = time.monotonic()
        status, text, _ = self.check("--config", self.scene.configuration.write(), "once", "kept")
        self.assertEqual(status, 1, text)
        self.assertIn("could not be removed", text)
        self.assertLess(time.monotonic() - began, 30)

    def test_what_a_look_for_reports_removes_from_the_same_mailbox_is_removed(self):
        self.serve({"a": []})
        ports = self.scene.server.ports
        # Its look takes longer, for the handshake, so that the other one comes first.
        self.scene.account("b", {"username": "a"},
                           {"username": "a", "tls": "implicit", "allow_plaintext_auth": False,
                            "port": ports["pop3s"], "ca_file": ports["ca"]})
        self.scene.configuration.probe("both", to_address="a@test.invalid", interval="1m",
                                       deadline="3s", **{"from": "a", "to": "b"})
        configuration = self.scene.configuration.write()
        for _ in range(5):
            status, text, _ = self.check("--config", configuration, "once", "both")
            self.assertEqual(status, 0, text)

    def test_a_signal_while_a_password_command_runs_is_unknown_too(self):
        self.serve({"good": []})
        file = self.scene.folder / "slow.yaml"
        mark = file.with_name("mark")
        file.write_text("accounts: [{name: a, address: a@test.invalid, smtp: {host: 127.0.0.1, "
                        f"password: {{command: [sh, -c, 'touch {mark}; sleep 9']}}}}}}]\n")
        process = subprocess.Popen([PROGRAM, "--config", file, "once", "a", "--nagios"],
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        eventually("the command runs", mark.exists)
        process.terminate()
        output = process.communicate(timeout=10)[0].decode()
        self.assertEqual((process.returncode, LINE.match(output)[1]), (3, "UNKNOWN"))


class Progress(OnceTest):
    """`once` at a terminal."""

    def run_at(self, *words, **options):
        """Starts the program at a terminal."""
        terminal = AtTerminal(PROGRAM, *words, **options)
        self.addCleanup(terminal.close)
        return terminal

    def test_the_stage_then_the_looks_are_shown_and_taken_away_again(self):
        configuration = self.serve({"a": ["smtp DATA delay for=1s",
                                          "smtp DOT delay_delivery delivery=2s"]}, deadline="20s")
        terminal = self.run_at("--config", configuration, "once", "a", piped=True)
        terminal.until(r"a: sending: data, \d s")
        terminal.until(r"a: waiting: \d s of 20 s, \d looks?, next in \d+ s")
        status, output = terminal.end()
        self.assertEqual(status, 0)
        self.assertRegex(output, r"\Aa: delivered after [^\n]*\n\Z")
        self.assertNotIn("\n", terminal.written)
        self.assertRegex(terminal.written, r"\r +\r\Z")

    def test_lines_never_wrap(self):
        configuration = self.serve({"a": ["smtp DOT delay_delivery delivery=1s"]}, deadline="20s")
        terminal = self.run_at("--config", configuration, "once", "a", piped=True, columns=20)
        self.assertEqual(terminal.end()[0], 0)
        self.assertIn("a: waiting", terminal.written)
        for line in terminal.written.split("\r"):
            self.assertLess(len(line), 20, line)

    def test_nothing_is_shown_where_standard_error_is_no_terminal_or_the_dialogue_is(self):
        configuration = self.serve({"a": ["smtp DOT delay_delivery delivery=1s"]}, deadline="20s")
        done = subprocess.run([PROGRAM, "--config", configuration, "once", "a"],
                              capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        terminal = self.run_at("--config", configuration, "once", "a", "--transcript", piped=True)
        self.assertEqual(terminal.end()[0], 0)
        self.assertEqual(terminal.written, "")

    def test_ctrl_c_ends_it_at_once_and_says_what_becomes_of_the_mail(self):
        configuration = self.serve({"a": ["smtp DOT lose"]}, deadline="60s")
        terminal = self.run_at("--config", configuration, "once", "a")
        terminal.until("a: waiting")
        terminal.key("\x03")
        began = time.monotonic()
        self.assertEqual(terminal.end()[0], -signal.SIGINT)
        self.assertLess(time.monotonic() - began, 5)
        self.assertRegex(terminal.written, r"\r +\rmailprobed: ended by SIGINT: the mail is on its "
                                           r"way; if it arrives it stays in the mailbox\r\n")


class Watch(OnceTest):
    """`status --watch` at a terminal."""

    def watch(self, server, *words, **options):
        """Starts it."""
        terminal = AtTerminal(PROGRAM, "status", "--watch", "--url", server.url, *words, **options)
        self.addCleanup(terminal.close)
        return terminal

    def test_it_refreshes_in_place_says_when_nobody_answers_and_goes_on(self):
        server = Canned(saying(response(200, answer(GOOD))))
        self.addCleanup(server.close)
        terminal = self.watch(server)
        terminal.until(r"\x1b\[\?25l.*the route delivers.*qq-self")
        server.say = saying(response(503, {"error": "cannot be read now"}))
        terminal.until(r"no answer[^\n]*: it answers 503: cannot be read now.*what it said.*qq-self")
        server.say = saying(response(200, answer(GOOD, DOWN)))
        terminal.until("1 of 2 routes does not deliver")
        terminal.key("\x03")
        self.assertEqual(terminal.end()[0], 1)
        self.assertTrue(terminal.written.endswith("\x1b[?25h\x1b[?1049l"), terminal.written[-99:])

    def test_sigterm_gives_the_cursor_back_even_while_an_answer_is_awaited(self):
        server = Canned(lambda *_: time.sleep(60))
        self.addCleanup(server.close)
        terminal = self.watch(server)
        eventually("it has asked", lambda: terminal.until(".") and server.requests)
        terminal.process.terminate()
        began = time.monotonic()
        self.assertEqual(terminal.end()[0], 69)
        self.assertLess(time.monotonic() - began, 5)
        self.assertTrue(terminal.written.endswith("\x1b[?25h\x1b[?1049l"))

    def test_without_watch_ctrl_c_ends_it_as_it_ends_every_program(self):
        server = Canned(lambda *_: time.sleep(60))
        self.addCleanup(server.close)
        terminal = AtTerminal(PROGRAM, "status", "--url", server.url)
        self.addCleanup(terminal.close)
        eventually("it has asked", lambda: server.requests)
        terminal.key("\x03")
        began = time.monotonic()
        self.assertEqual(terminal.end()[0], -signal.SIGINT)
        self.assertLess(time.monotonic() - began, 5)

    def test_ctrl_z_gives_the_screen_back_until_it_goes_on(self):
        server = Canned(saying(response(200, answer(GOOD))))
        self.addCleanup(server.close)
        terminal = self.watch(server)
        terminal.until("the route delivers")
        terminal.key("\x1a")
        stopped = terminal.until(r"\x1b\[\?25h\x1b\[\?1049l").end()
        terminal.until_stopped()  # a SIGCONT before that would be lost
        terminal.process.send_signal(signal.SIGCONT)
        terminal.until(r"\x1b\[\?25l.*the route delivers", start=stopped)
        terminal.key("\x03")
        self.assertEqual(terminal.end()[0], 0)

    def test_it_follows_the_size_of_the_terminal_and_respects_no_color(self):
        server = Canned(saying(response(200, answer(GOOD, DOWN))))
        self.addCleanup(server.close)
        terminal = self.watch(server, columns=150, NO_COLOR="1")
        terminal.until("LAST FAILURE.*×")
        start = len(terminal.written)
        terminal.resize(40, 5)
        terminal.until(r"ROUTE.*and 2 more", start=start)
        frame = terminal.written[start:].split("\x1b[H")[1]
        self.assertEqual(frame.count("\n"), 4)
        for line in re.sub(r"\x1b\[\??\d*[A-Za-z]", "", frame).split("\r\n"):
            self.assertLessEqual(len(line), 40, line)
        self.assertNotIn("\x1b[31m", terminal.written)
        self.assertIn("\x1b[31m", self.watch(server).until(r"refused-login").string)

    def test_into_a_pipe_it_writes_frame_after_frame_without_escape_sequences(self):
        server = Canned(saying(response(200, answer(GOOD))))
        self.addCleanup(server.close)
        process = subprocess.Popen([PROGRAM, "status", "--watch", "--url", server.url],
                                   stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        lines = [process.stdout.readline().decode() for _ in range(15)]
        self.assertEqual(lines[1:3], ["asking\n", "\n"])
        self.assertEqual(lines[3:9], lines[9:])
        self.assertNotIn("\x1b", "".join(lines))
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=10), 0)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
