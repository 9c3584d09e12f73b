# SPDX-License-Identifier: Apache-2.0
"""`once --transcript` shows the whole dialogue with Postfix and Dovecot, and no form of a password
is found in anything that the program says."""
import re

from support.case import RealCase, main
from support.processes import eventually
from support.secret_forms import found_in, forms_of
from support.wire_tap import WireTap

# Blanks, characters that URLs and base64 write differently, and nothing that is said by chance.
PASSWORD = "k9#Zq/T7+m&x%=w Pv5~?"
LOGINS = {"plain-plain": ("plain", "plain"), "login-user-pass": ("login", "user-pass"),
          "cram-md5-apop": ("cram-md5", "apop")}
LEADING = {"implicit": ([], []), "starttls": (["EHLO [127.0.0.1]", "STARTTLS"], ["CAPA", "STLS"])}
SMTP_STAGES = ["resolve", "connect", "tls", "greeting", "hello", "auth", "envelope", "data",
               "accept", "quit"]


class Transcript(RealCase):
    users = {name: PASSWORD for name in LEADING}

    def test_the_whole_dialogue_is_printed_and_ends_with_delivered(self):
        for mode, (smtp_leading, pop3_leading) in LEADING.items():
            self.account(mode, mode)
            self.configuration.probe(mode)
            with self.subTest(mode):
                once = self.once(mode, "--transcript", arguments=["--log.level", "trace"])
                self.assertEqual(once.status, 0, once.raw.decode(errors="replace"))
                self.check_smtp(once, mode, smtp_leading)
                self.check_pop3(once, pop3_leading)
                self.assertRegex(once.output, r"(?m)^verdict +delivered$")
                self.assertRegex(once.output, r"(?m)^body +intact$")
                self.assertEqual(found_in(once.raw, PASSWORD), [])
                self.assertEqual(self.host.messages(mode), {}, "its own mail was left behind")

    def check_smtp(self, once, mode, leading):
        commands = once.commands("smtp")
        address = f"<{mode}@probe.test>"
        # Postfix offers DSN: a bounce would carry the tag as its envelope id.
        size = re.fullmatch(rf"MAIL FROM:{re.escape(address)} SIZE=(\d+)"
                            r" RET=HDRS ENVID=[a-z2-7]{60}", commands[-4])
        self.assertTrue(size, commands)
        self.assertEqual(commands, [
            *leading, "EHLO [127.0.0.1]", "AUTH PLAIN <secret>", commands[-4],
            f"RCPT TO:{address} NOTIFY=FAILURE,DELAY", "DATA", "QUIT"])
        mail = once.said("smtp", "C")[once.said("smtp", "C").index("DATA") + 1:-2]
        self.assertEqual(sum(len(line) + 2 for line in mail), int(size[1]))
        codes = [line[:4] for line in once.said("smtp", "S") if line[3] == " "]
        tls = ["250 ", "220 "] if leading else []
        self.assertEqual(codes, ["220 ", *tls, "250 ", "235 ", "250 ", "250 ", "354 ", "250 ",
                                 "221 "])
        self.assertIn("250-AUTH PLAIN LOGIN CRAM-MD5", once.said("smtp", "S"))
        stages = re.findall(r"(?m)^  smtp (\w+) +[0-9.]+ m?s$", once.output)
        expected = list(SMTP_STAGES)
        if leading:
            expected.remove("tls")
            expected.insert(expected.index("auth"), "starttls")
        self.assertEqual(list(dict.fromkeys(stages)), expected)

    def check_pop3(self, once, leading):
        commands = once.commands("pop3")
        # The last look begins with the last CAPA before a login; those before it found nothing.
        start = max(i for i, line in enumerate(commands) if line == "AUTH PLAIN")
        self.assertEqual(commands[:start], [*leading, "CAPA"][-start:], commands)
        self.assertEqual(commands[start:], ["AUTH PLAIN", "<secret>", "STAT", "UIDL", "TOP 1 1",
                                            "RETR 1", "UIDL 1", "DELE 1", "QUIT"])
        self.assertTrue(any(line.startswith("Received: ") for line in once.said("pop3", "S")))


class Secrecy(RealCase):
    users = {name: PASSWORD for name in [*LOGINS, "refused"]}

    def setUp(self):
        super().setUp()
        self.taps = []
        for name, (smtp, pop3) in LOGINS.items():
            self.tapped_account(name, {"auth": smtp}, {"auth": pop3})
        # A refusal says more than a success: both sides are refused, each in a probe of its own.
        self.tapped_account("refused", {"password": PASSWORD + "!"}, {"password": PASSWORD + "!"})
        self.configuration.probe("to-refused", **{"from": "plain-plain", "to": "refused"},
                                 deadline="5s", verdict_grace="1s")

    def tapped_account(self, name, smtp, pop3):
        taps = [WireTap(self.host.smtp_ports["none"]), WireTap(self.host.pop3_ports["none"])]
        for tap in taps:
            self.addCleanup(tap.close)
        self.taps += taps
        self.account(name, "none", {"port": taps[0].port, **smtp}, {"port": taps[1].port, **pop3})
        self.configuration.probe(name)

    def wire(self):
        return b"\r\n".join(tap.sent() for tap in self.taps)

    def assert_secret(self, what, text):
        self.assertEqual(found_in(text, PASSWORD, self.wire()), [], f"in {what}")

    def test_once_shows_no_form_of_the_password_whatever_the_way_to_log_in(self):
        for name in [*LOGINS, "refused", "to-refused"]:
            with self.subTest(name):
                once = self.once(name, "--transcript", arguments=["--log.level", "trace"])
                self.assertEqual(once.status, 0 if name in LOGINS else 1)
                self.assertIn("<secret>", once.output)
                self.assert_secret("the output of once", once.raw)
        forms = set(forms_of(PASSWORD, self.wire()))
        self.assertLessEqual({"APOP digest", "CRAM digest", "PLAIN response"}, forms)
        # This search finds them where they are.
        self.assertLessEqual({"plain", "base64 at offset 0", "APOP digest", "CRAM response",
                              "PLAIN response"},
                             set(found_in(self.wire(), PASSWORD, self.wire())))

    def test_the_daemon_at_trace_shows_no_form_of_the_password_anywhere(self):
        daemon = self.start_daemon("trace")

        def all_seen():
            metrics = daemon.metrics()
            return (all(metrics.verdicts(name).get("delivered") for name in LOGINS)
                    and metrics.verdicts("refused").get("send_failed")
                    and metrics.verdicts("to-refused").get("unobserved"))
        eventually("every probe has a verdict", all_seen)
        for page in ("/metrics", "/config", "/", "/api/v1/probes"):
            self.assert_secret(page, daemon.get(page).encode())
        log = daemon.log().encode(errors="surrogateescape")
        self.assertIn(b"event=transcript", log)
        self.assert_secret("the log", log)
        mails = self.host.messages("archive").values()
        self.assertTrue(mails)
        for mail in mails:
            self.assert_secret("a mail", mail)


if __name__ == "__main__":
    main()
