#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`mailprobed status` against a server that says what a daemon would say, and what none should.

    status_test.py MAILPROBED LOOPBACK [TEST...]"""
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import unittest

_HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE.parent / "web"), str(_HERE)]
# pylint: disable=wrong-import-position
from canned import DOWN, GOOD, NEW, Canned, answer, dripping, endless, probe  # noqa: E402
from canned import response, saying  # noqa: E402
from scene import Authority  # noqa: E402

PROGRAM = sys.argv[1]


class StatusTest(unittest.TestCase):
    """One run of the program for each question."""

    def serve(self, say, certificate=None):
        """A server that ends with the test."""
        server = Canned(say, certificate)
        self.addCleanup(server.close)
        return server

    def status(self, *arguments, **environment):
        """Exit status, output, errors."""
        clean = {name: value for name, value in os.environ.items()
                 if name not in ("MAILPROBED_PASSWORD", "SSL_CERT_FILE", "SSL_CERT_DIR")}
        done = subprocess.run([PROGRAM, "status", *map(str, arguments)], capture_output=True,
                              timeout=60, stdin=subprocess.DEVNULL, env={**clean, **environment})
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def refused(self, server, *arguments, **environment):
        """What it says to an answer that cannot be used."""
        began = time.monotonic()
        status, output, errors = self.status("--url", server.url, *arguments, **environment)
        self.assertEqual((status, output), (69, ""), errors)
        self.assertLess(time.monotonic() - began, 20)
        self.assertRegex(errors, rf"\Amailprobed: {server.url}[^\n\x00-\x1f]*\n\Z")
        return errors

    def folder(self):
        """A folder for files, removed with the test."""
        folder = tempfile.TemporaryDirectory(prefix="mailprobed-terminal-")
        self.addCleanup(folder.cleanup)
        return pathlib.Path(folder.name)


class Answers(StatusTest):
    """Answers as they should be."""

    def test_the_table_has_a_line_for_each_probe_the_worst_first_and_1_says_that_one_is_down(self):
        server = self.serve(saying(response(200, answer(GOOD, NEW, DOWN))))
        status, output, errors = self.status("--url", server.url)
        self.assertEqual((status, errors), (1, ""))
        lines = output.splitlines()
        self.assertEqual(lines[0], "1 of 3 routes does not deliver: refused-login (auth: auth_rejected); 1 has no verdict yet")
        self.assertEqual([line.split()[:2] for line in lines[3:]],
                         [["down", "refused-login"], ["new", "fresh"], ["up", "qq-self"]])
        self.assertTrue(output.isascii())
        self.assertNotIn("\x1b", output)
        self.assertIn("GET /api/v1/probes HTTP/1.1\r\nHost: 127.0.0.1:", server.requests[0])
        self.assertNotIn("Authorization", server.requests[0])

    def test_0_says_that_all_are_up_or_new(self):
        server = self.serve(saying(response(200, answer(GOOD, NEW))))
        self.assertEqual(self.status("--url", server.url)[0], 0)
        server = self.serve(saying(response(200, answer())))
        self.assertEqual(self.status("--url", server.url)[:2], (0, "no routes are configured\n"))

    def test_unicode_can_be_had_where_there_is_no_terminal(self):
        server = self.serve(saying(response(200, answer(GOOD, DOWN))))
        output = self.status("--url", server.url, "--charset", "unicode")[1]
        self.assertIn("▄××?", output)
        self.assertIn("2.310 ±0.400", output)

    def test_chunks_and_an_answer_without_a_length_are_understood(self):
        body = json.dumps(answer(GOOD)).encode()
        chunked = b"".join(b"%x\r\n%s\r\n" % (len(part), part)
                           for part in (body[:7], body[7:])) + b"0\r\n\r\n"
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        for text in (head + b"Transfer-Encoding: chunked\r\n\r\n" + chunked, head + b"\r\n" + body):
            with self.subTest(text[:120]):
                self.assertEqual(self.status("--url", self.serve(saying(text)).url)[0], 0)

    def test_a_thousand_probes_with_all_their_mails_are_no_problem(self):
        many = [probe(f"probe-{number}", recent=[2.0] * 60) for number in range(1000)]
        status, output, _ = self.status("--url",
                                        self.serve(saying(response(200, answer(*many)))).url)
        self.assertEqual(status, 0)
        self.assertEqual(len(output.splitlines()), 1003)

    def test_a_path_before_the_daemons_own_is_kept(self):
        server = self.serve(saying(response(200, answer(GOOD))))
        self.assertEqual(self.status("--url", server.url + "/mail/")[0], 0)
        self.assertTrue(server.requests[0].startswith("GET /mail/api/v1/probes "))

    def test_the_address_comes_from_the_configuration_without_its_passwords(self):
        server = self.serve(saying(response(200, answer(GOOD))))
        file = self.folder() / "config.yaml"
        mark = file.with_name("run")
        file.write_text(f"web: {{listen: '0.0.0.0:{server.port}'}}\n"
                        f"accounts: [{{pop3: {{password: {{command: [touch, {mark}]}}}}}}]\n")
        self.assertEqual(self.status("--config", file)[0], 0)
        self.assertFalse(mark.exists())

    def test_texts_of_the_answer_cannot_steer_the_terminal(self):
        evil = probe("a\x1b[2Jb\r\n", "down", bad_streak=2, recent=["\x1b[5m", 1.0],
                     last={"verdict": "\u202elost\x9b", "stage": "\x07", "cause": "\x00"})
        server = self.serve(saying(response(200, answer(evil, instance="\x1bc"))))
        for charset in ("ascii", "unicode"):
            status, output, _ = self.status("--url", server.url, "--charset", charset)
            self.assertEqual(status, 1)
            self.assertFalse(set(output) & set("\x1b\r\x07\x00\x9b\u202e"), repr(output))
            self.assertEqual(len(output.splitlines()), 4)


class Login(StatusTest):
    """Who asks."""

    def test_the_password_comes_from_the_environment_and_is_sent_only_with_a_user(self):
        server = self.serve(saying(response(200, answer(GOOD))))
        self.assertEqual(self.status("--url", server.url, MAILPROBED_PASSWORD="x")[0], 0)
        self.assertEqual(self.status("--url", server.url, "--user", "me",
                                     MAILPROBED_PASSWORD="open sesame")[0], 0)
        self.assertNotIn("Authorization", server.requests[0])
        self.assertIn("\r\nAuthorization: Basic bWU6b3BlbiBzZXNhbWU=\r\n", server.requests[1])

    def test_a_login_that_is_wanted_or_refused_is_told_apart(self):
        server = self.serve(saying(response(401, {"error": "login"})))
        self.assertIn("it wants a login: use --user", self.refused(server))
        said = self.refused(server, "--user", "me", MAILPROBED_PASSWORD="canary")
        self.assertIn("it refuses the login of me", said)
        self.assertNotIn("canary", said)

    def test_a_user_without_a_password_is_a_wrong_command_line(self):
        for words in (("--user", "me"), ("--user", "a:b")):
            self.assertEqual(self.status("--url", "http://127.0.0.1:1", *words)[0], 64)


class Tls(StatusTest):
    """https."""

    def setUp(self):
        folder = self.folder()
        self.authority = Authority(folder, "ca")
        certificate = self.authority.sign("server", "IP:127.0.0.1")
        self.server = self.serve(saying(response(200, answer(GOOD))), certificate)

    def test_an_unknown_authority_is_refused_and_the_remedy_told(self):
        self.assertIn("--ca-file", self.refused(self.server))
        self.assertEqual(self.server.requests, [])

    def test_the_authority_can_be_named_or_be_the_systems(self):
        self.assertEqual(self.status("--url", self.server.url, "--ca-file",
                                     self.authority.file)[0], 0)
        self.assertEqual(self.status("--url", self.server.url,
                                     SSL_CERT_FILE=str(self.authority.file))[0], 0)

    def test_a_certificate_for_another_name_is_refused(self):
        other = self.authority.sign("other", "DNS:elsewhere.test")
        server = self.serve(saying(response(200, answer(GOOD))), other)
        self.refused(server, "--ca-file", self.authority.file)
        self.assertEqual(server.requests, [])

    def test_http_where_https_is_and_the_other_way_round_say_what_to_write(self):
        # What OpenSSL sends when it is spoken to in plain text: an alert.
        alert = self.serve(saying(b"\x15\x03\x01\x00\x02\x02\x16"))
        self.assertIn("write https://", self.refused(alert))
        plain = self.serve(saying(response(400, "what?")))
        plain.patient = False
        plain.url = plain.url.replace("http:", "https:")
        self.assertIn("write http://", self.refused(plain))


class Trouble(StatusTest):
    """Answers as they should not be; each in bounded time and on one line."""

    def test_nobody_there(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # and does not listen
            status, output, errors = self.status("--url",
                                                 f"http://127.0.0.1:{taken.getsockname()[1]}")
        self.assertEqual((status, output), (69, ""))
        self.assertIn("is mailprobed running there?", errors)

    def test_statuses_say_what_they_mean(self):
        for code, fields, expected in ((404, [], "not a mailprobed, or an older one"),
                                       (302, ["Location: https://there/"], "https://there/"),
                                       (503, [], "503: not now"), (500, [], "500: not now")):
            with self.subTest(code):
                server = self.serve(saying(response(code, {"error": "not now"}, *fields)))
                self.assertIn(expected, self.refused(server))

    def test_what_is_no_answer(self):
        cut = response(200, answer(GOOD))[:-100]
        for name, text, expected in (
                ("garbage", b"hello\r\n\r\n", "not HTTP"),
                ("nothing", b"", "without an answer"),
                ("cut off", cut, "cut off"),
                ("not JSON", response(200, b"<html>\x1b[2J"), "not JSON"),
                ("too deep", response(200, b"[" * 100_000), "not JSON"),
                ("not an object", response(200, []), "is not an object"),
                ("without probes", response(200, {"now": 1}), "is missing"),
                ("another type", response(200, answer({**GOOD, "pending": "\x1b"})), "pending")):
            with self.subTest(name):
                self.assertIn(expected, self.refused(self.serve(saying(text))))

    def test_what_is_too_much(self):
        head = b"HTTP/1.1 200 OK\r\n"
        for name, start, more in (("body", head + b"\r\n", b"x" * 65536),
                                  ("length", head + b"Content-Length: 99999999999\r\n\r\n", b"[[["),
                                  ("header", head, b"X-Y: z\r\n" * 1000),
                                  ("line", head + b"X: ", b"x" * 65536)):
            with self.subTest(name):
                self.assertIn("larger than", self.refused(self.serve(endless(start, more))))

    def test_what_takes_too_long_is_given_up(self):
        server = self.serve(dripping(response(200, answer(GOOD)), 0.1))
        self.assertIn("in time", self.refused(server))

    def test_a_wrong_url_is_a_wrong_command_line(self):
        for url in ("127.0.0.1:1", "http://me:secret@127.0.0.1:1", "http://127.0.0.1:1/?x"):
            status, output, errors = self.status("--url", url)
            self.assertEqual((status, output), (64, ""))
            self.assertIn("expected http://HOST:PORT", errors)
            self.assertNotIn("secret", errors)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
