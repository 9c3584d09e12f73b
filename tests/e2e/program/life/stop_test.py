#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The daemon ends within 5 s whatever servers, disk and clients do, and what it leaves is true.

    stop_test.py MAILPROBED LOOPBACK DISK_SHIM CLOCK_SHIM [TEST...]"""
import os
import pathlib
import signal
import socket
import sys
import urllib.parse

from life import LifeTest, eventually, main

sys.path.append(str(pathlib.Path(__file__).resolve().parents[3] / "campaigns" / "torture"))
# pylint: disable=wrong-import-position
from summary import summarize  # noqa: E402

SMTP_STAGES = ("connect", "greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "DOT", "QUIT")
POP3_STAGES = ("connect", "greeting", "CAPA", "LOGIN", "STAT", "UIDL", "TOP", "DELE", "QUIT")
LONG = {"timeouts": {stage: "60s" for stage in ("connect", "greeting", "tls", "command", "auth",
                                                "accept", "quit")}}


class Stop(LifeTest):
    """What SIGTERM leads to."""

    def test_within_5_s_of_sigterm_with_a_server_that_stalls_at_every_stage(self):
        # One account for each stage, told apart by the address that the daemon comes from.
        ways = [(protocol, stage) for protocol, stages in (("smtp", SMTP_STAGES),
                                                           ("pop3", POP3_STAGES))
                for stage in stages] + [("smtp", "tls"), ("smtp", "STARTTLS"), ("pop3", "tls")]
        options = []
        for number, (protocol, stage) in enumerate(ways, 1):
            name = f"{protocol}-{stage.lower()}"
            options += ["--account", f"{name}@test.invalid:{name}:secret", "--fault",
                        f"{protocol} {stage} stall peer=127.0.3.{number} name={name}"]
        self.scene.serve("--log-commands", *options)
        ports = self.scene.server.ports
        for number, (protocol, stage) in enumerate(ways, 1):
            name = f"{protocol}-{stage.lower()}"
            here = {"source_address": f"127.0.3.{number}", **LONG}
            halves = {"smtp": dict(here), "pop3": dict(here)}
            if stage == "tls":
                halves[protocol].update(port=ports[protocol + "s"], tls="implicit",
                                        ca_file=ports["ca"])
            if stage == "STARTTLS":
                halves["smtp"].update(tls="starttls", ca_file=ports["ca"])
            self.scene.account(name, **halves)
            self.scene.configuration.probe(name, interval="2s", deadline="60s")
        self.start()
        names = {f"{protocol}-{stage.lower()}" for protocol, stage in ways}
        eventually("every stage stalls", lambda: {e["text"] for e in self.faults()} >= names)
        status, _ = self.end()
        self.assertEqual(status, 0, self.scene.daemon.log()[-2000:])
        mails = self.mails()
        known = {mail["mail"] for mail in mails}
        self.assertLessEqual(self.scene.server.accepted(), known)
        for mail in mails:
            half, stage = mail["probe"].split("-")
            if half == "pop3" or stage == "quit":
                self.assertIn(mail.get("progress", "judged"), ("accepted", "judged"), mail)
            elif stage == "dot":
                self.assertEqual((mail["progress"], mail.get("stage"), mail.get("cause")),
                                 ("unconfirmed", "accept", "interrupted"), mail)
            else:
                self.assertEqual(mail["progress"], "intended", mail)

    def test_an_answer_that_comes_within_two_seconds_is_waited_for(self):
        self.serve("smtp DOT delay for=1s max=1")
        self.start()
        self.struck()
        status, took = self.end()
        self.assertEqual(status, 0)
        self.assertLess(took, 2.0)
        self.assertEqual([mail["progress"] for mail in self.mails() if "progress" in mail][-1:],
                         ["accepted"])

    def test_no_mail_starts_after_the_signal(self):
        self.serve("smtp DOT stall")
        self.start()
        self.struck(2)
        seen = len(self.faults())
        _, took = self.end()
        self.assertGreater(took, 1.8)  # two ticks went by
        self.assertLessEqual(len(self.mails()), seen + 1)

    def test_hundreds_of_mails_in_flight_are_all_recorded_in_time(self):
        # Cutting a conversation costs a sanitizer's build seven times as much, and the time to stop
        # is a real one; `make torture` does it with 1,000 mails and the release build.
        wanted = int(os.environ.get("STOP_MAILS", "300"))
        self.scene.serve("--account", "a@test.invalid:a:secret", "--fault", "smtp DOT stall")
        self.scene.account("a", LONG)
        for number in range(wanted // 4):
            self.scene.configuration.probe(f"p{number}", **{"from": "a", "to": "a"},
                                           interval="1s", deadline="120s")
        self.start()
        self.struck(wanted)
        status, took = self.end()
        self.assertEqual(status, 0)
        mails = self.mails()
        recorded = [mail for mail in mails if mail["progress"] == "unconfirmed"]
        self.assertGreaterEqual(len(recorded), wanted)
        self.assertEqual({mail["cause"] for mail in recorded}, {"interrupted"})
        # Nobody was handed over to the server without the ledger knowing.
        handed = len(self.faults())
        self.assertGreaterEqual(len(recorded), handed)
        said = f"{len(recorded)} mails between dot and reply: ended in {took:.2f} s"
        print(said)
        summarize("end in flight", said)

    def test_clients_of_the_http_server_do_not_hold_it_up(self):
        self.serve()
        daemon = self.start()
        place = urllib.parse.urlsplit(daemon.url)
        clients = []
        for number in range(30):
            client = socket.create_connection((place.hostname, place.port))
            self.addCleanup(client.close)
            client.sendall((b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /met", b"")[number % 3])
            clients.append(client)
        self.assertTrue(clients[0].recv(10))
        status, took = self.end()
        self.assertEqual(status, 0)
        self.assertLess(took, 3.5)

    def test_a_disk_that_does_not_answer_is_left_behind(self):
        self.serve()
        daemon = self.start()
        eventually("a mail is judged", self.scene.judged)
        self.disk("hang")
        eventually("the journal waits", lambda: "journal_failed" in daemon.log())
        status, took = self.end()
        self.assertEqual(status, 74)
        self.assertIn("journal_incomplete", daemon.log())
        print(f"stalled disk: ended in {took:.2f} s")
        self.mails()
        self.start()  # on a disk that works again
        eventually("mails are judged again", lambda: len(self.scene.judged()) >= 2)

    def test_a_disk_that_stalls_at_the_signal_is_left_behind_too(self):
        self.serve("smtp DOT stall")
        self.start()
        self.struck(3)
        self.disk("hang")
        status, _ = self.end()
        self.assertEqual(status, 74)
        # The intents came before the mails: without an answer they mean the same.
        self.assertLessEqual({mail["progress"] for mail in self.mails()},
                             {"intended", "unconfirmed"})

    def test_a_full_disk_is_told_by_the_exit_status(self):
        self.serve()
        daemon = self.start()
        eventually("a mail is judged", self.scene.judged)
        self.disk("full")
        eventually("the journal fails", lambda: "journal_failed" in daemon.log())
        status, _ = self.end()
        self.assertEqual(status, 74)
        self.ledger("verify")

    def test_a_second_signal_ends_it_at_once_and_the_ledger_is_sound(self):
        self.serve("smtp DOT stall carry_out")
        daemon = self.start()
        self.struck(2)
        daemon_process = daemon._process  # pylint: disable=protected-access
        daemon_process.send_signal(signal.SIGTERM)
        eventually("it is stopping", lambda: "event=stopping" in daemon.log())
        status, took = self.end(signal.SIGINT, within=1.0)
        self.assertEqual(status, -signal.SIGINT)
        first = self.mails()
        self.assertGreaterEqual(len(first), 2)
        # The next run finds what the server had all the same.
        self.start()
        ids = {mail["mail"] for mail in first}
        eventually("what was in flight is delivered", lambda: ids <= {
            mail["id"] for mail in self.scene.judged() if mail["verdict"] == "delivered"})
        print(f"second signal: ended in {took:.2f} s")

    def test_two_signals_that_come_together_end_it_at_once(self):
        self.serve("smtp DOT stall")
        self.start()
        self.struck(2)
        status, _ = self.end(signal.SIGTERM, signal.SIGINT, within=1.0)
        self.assertIn(status, (-signal.SIGINT, -signal.SIGTERM))
        self.ledger("verify")


if __name__ == "__main__":
    main(Stop)
