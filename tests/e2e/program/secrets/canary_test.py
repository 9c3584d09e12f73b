# SPDX-License-Identifier: Apache-2.0
"""No secret leaves the daemon: every password and key is unique, everything that the daemon, `once`,
`ledger` and `status` write is searched for each of them in every form. A planted word that is no
secret must be found in every place, so that finding nothing means something.

    canary_test.py MAILPROBED LOOPBACK [option of unittest...]"""
import base64
import json
import os
import pathlib
import poplib
import re
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "weather"))
# pylint: disable=wrong-import-position
from scene import Scene  # noqa: E402  (knows the folders of the others)
from canary_search import Secrets, canary, challenges_in, digests_of, echoes  # noqa: E402
from support.processes import eventually  # noqa: E402
from support.wire_tap import WireTap  # noqa: E402

MODES = ("none", "starttls", "implicit")
LOGINS = {"plain-user": ("plain", "user-pass"), "login-plain": ("login", "plain"),
          "cram-apop": ("cram-md5", "apop"), "auto-auto": ("auto", "auto")}
SOURCES = ("file", "env", "command", "credential", "inline")
PLANTED = "Planted-3f9a61c07be2"
PAGES = ("/metrics", "/config", "/", "/probes/planted", "/mails", "/-/healthy", "/-/ready",
         "/no-such-page", "/api/v1/no-such-list")
LISTS = ("probes", "mails?limit=1000", "mails?verdict=bad&limit=1000",
         "probes/refused-recipient?window=1h", "probes/refused-recipient/points?window=1h")
# Its mailbox cannot be read, which takes a deadline to say.
MUTE = ("echo-pass",)


class Canary(unittest.TestCase):
    programs = ()

    def setUp(self):
        self.scene = Scene(*self.programs)
        self.addCleanup(self.scene.close)
        self.secrets = Secrets()
        self.environment = {"CREDENTIALS_DIRECTORY": str(self.scene.folder / "credentials"),
                            "PLANTED": PLANTED}
        (self.scene.folder / "credentials").mkdir()
        self.accounts = {}
        for number, (mode, login) in enumerate((m, l) for m in MODES for l in LOGINS):
            self.accounts[f"{mode}-{login}"] = (mode, LOGINS[login], SOURCES[number % 5])
        self.refused = {f"wrong-{login}": ("none", LOGINS[login], "file") for login in LOGINS}
        self.echoing = {f"echo-{step.lower()}": ("none", auth, "file") for step, auth in (
            ("AUTH-RESPONSE", ("login", "plain")), ("AUTH", ("plain", "user-pass")),
            ("mail", ("plain", "user-pass")), ("RCPT", ("plain", "user-pass")),
            ("PASS", ("plain", "user-pass")), ("UIDL", ("plain", "user-pass")),
            ("transient", ("plain", "user-pass")), ("retry", ("plain", "user-pass")),
            ("bounce", ("login", "apop")))}
        self.start()

    def start(self):
        known = {**self.accounts, **self.echoing}
        words = {user: self.secrets.new(user) for user in (*known, *self.refused)}
        options = ["--log-commands", "--delay", "50ms",
                   "--account", "archive@test.invalid:archive:archive"]
        for user in known:
            options += ["--account", f"{user}@test.invalid:{user}:{words[user]}"]
        for user in self.refused:
            options += ["--account", f"{user}@test.invalid:{user}:something else"]
        for fault in self.faults(words):
            options += ["--fault", fault]
        self.scene.serve(*options)
        self.tap = WireTap(self.scene.server.ports["pop3"])
        self.addCleanup(self.tap.close)
        for user, account in {**known, **self.refused}.items():
            self.account(user, words[user], *account)
        self.keys()
        self.planted()
        self.scene.run("trace", **self.environment)

    def faults(self, words):
        """The server's replies that repeat passwords, as people have seen them do."""
        def said(step):
            return " ".join(echoes(f"echo-{step}", words[f"echo-{step}"]))
        yield f'smtp AUTH-RESPONSE reply text="535 5.7.8 no {said("auth-response")}" ' \
              'user=echo-auth-response'
        yield f'smtp LOGIN reply text="535-5.7.8 first\\r\\n535 no {said("auth")}" user=echo-auth'
        yield f'any LOGIN reply text="454 4.7.0 {said("transient")}" user=echo-transient'
        yield f'smtp RCPT reply text="550 5.1.1 {said("rcpt")}" user=echo-rcpt'
        yield f'smtp RCPT reply text="450 4.2.0 {said("retry")}" user=echo-retry max=1'
        yield 'smtp DOT bounce user=echo-bounce'
        yield f'pop3 LOGIN reply text="-ERR not {said("pass")}" user=echo-pass'
        yield f'pop3 UIDL reply text="-ERR so {said("uidl")}" user=echo-uidl'
        yield f'smtp MAIL split bytes=5 for=20ms text="550 {said("mail")}\\r\\n" user=echo-mail'
        yield f'smtp RCPT reply text="550 5.1.1 {PLANTED}" rcpt=nobody@test.invalid'

    def account(self, user, word, mode, auth, source):
        password = self.password(user, word, source)
        common = {"tls": mode, "password": password}
        if mode != "none":
            common.update(allow_plaintext_auth=False, ca_file=self.scene.server.ports["ca"])
        ports = self.scene.server.ports
        self.scene.account(
            user, {**common, "auth": auth[0], "port": ports["smtps" if mode == "implicit" else
                                                            "smtp"]},
            {**common, "auth": auth[1], "port": ports["pop3s"] if mode == "implicit" else
             self.tap.port if mode == "none" else ports["pop3"]})
        more = {"max_attempts": 3, "retry_after": "10s"} if user == "echo-retry" else {}
        self.scene.configuration.probe(user, interval="5s", deadline="20s", verdict_grace="2s",
                                       **more)

    def password(self, user, word, source):
        """A password by one of its sources, as the configuration names it."""
        if source == "inline":
            return word
        if source == "env":
            name = user.upper().replace("-", "_")
            self.environment[name] = word
            return {"env": name}
        file = self.scene.folder / "credentials" / user
        file.touch(mode=0o600)
        file.write_text(word)
        return {"file": {"file": str(file)}, "credential": {"credential": user},
                "command": {"command": ["/bin/cat", str(file)]}}[source]

    def keys(self):
        files = {}
        for name in ("tag-key", "previous-tag-key"):
            files[name] = self.scene.folder / name
            files[name].touch(mode=0o600)
            files[name].write_text(self.secrets.new(name) * 2)
        self.scene.configuration.general(tag_key={
            "file": str(files["tag-key"]), "previous": {"file": str(files["previous-tag-key"])}})

    def planted(self):
        """A probe whose mails, labels and failures hold the planted word."""
        first = next(iter(self.accounts))
        self.scene.configuration.probe("planted", **{"from": first, "to": first}, interval="5s",
                                       to_address="archive@test.invalid", deadline="20s",
                                       headers={"X-Team": PLANTED}, labels={"team": PLANTED})
        self.scene.configuration.probe("refused-recipient", **{"from": first, "to": first},
                                       interval="5s", to_address="nobody@test.invalid")

    def all_judged(self):
        """Waits until every probe has shown what it can."""
        metrics = self.scene.daemon.metrics()
        waiting = {user for user in self.accounts if not metrics.verdicts(user).get("delivered")}
        waiting |= {user for user in (*self.refused, *self.echoing, "refused-recipient")
                    if not metrics.verdicts(user)} - {*MUTE, "echo-bounce"}
        waiting |= {user for user in MUTE
                    if not metrics.total("mailbox_failures_total", mailbox=user)}
        if not metrics.total("mails_started_total", probe="planted"):
            waiting.add("planted")
        self.waiting = waiting or {what for what in ("verdict=bounced", "attempt=2")
                                   if what not in self.scene.daemon.log()}
        return not self.waiting

    def page(self, path):
        try:
            return self.scene.daemon.get(path).encode()
        except urllib.error.HTTPError as error:
            return error.read()

    def archive(self):
        """The mails that nobody has fetched."""
        box = poplib.POP3("127.0.0.1", self.scene.server.ports["pop3"], timeout=10)
        box.user("archive")
        box.pass_("archive")
        mails = [b"\n".join(box.retr(number + 1)[1]) for number in range(box.stat()[0])]
        box.quit()
        return b"\n".join(mails)

    def reload(self):
        """Another password, which the server refuses, then a file with a mistake beside one."""
        user = next(name for name, (_, _, source) in self.accounts.items() if source == "command")
        self.secrets.words[f"{user} again"] = word = canary("after the reload")
        file = self.scene.folder / "credentials" / user
        file.write_text(word)
        refused = self.scene.daemon.metrics().verdicts(user).get("send_failed", 0)
        self.hang_up("reloaded", self.scene.configuration.write().read_text())
        eventually("the server refuses the new password", lambda: self.scene.daemon.metrics(
            ).verdicts(user).get("send_failed", 0) > refused, within=30)
        file.write_text(self.secrets.words[user])
        self.secrets.words["mistaken"] = word = canary("mistaken")
        self.hang_up("reload_refused", json.dumps({"accounts": [
            {"name": "me", "smtp": {"host": "127.0.0.1", "password": word, "passwrd": word}}]}))

    def hang_up(self, answer, configuration):
        """Makes the daemon read a configuration."""
        known = self.scene.daemon.log().count(f"event={answer} ")
        self.scene.configuration.write().write_text(configuration)
        os.kill(self.scene.daemon.pid, signal.SIGHUP)
        eventually(f"it says {answer}", lambda: self.scene.daemon.log().count(
            f"event={answer} ") > known)

    def command_line(self):
        """What `ledger` and `status` print while the daemon runs, by name."""
        rows = self.scene.ledger.mails()
        shown = {row["probe"]: row["id"] for row in rows}
        self.assertIn("echo-retry", shown)
        said = {"ledger list": self.once("ledger", "list", "--limit", "0"),
                "ledger export": self.once("ledger", "export"),
                "status": self.once("status", "--url", self.scene.daemon.url)}
        for probe, mail in shown.items():
            said[f"ledger show {probe}"] = self.once("ledger", "show", mail)
        for name, (status, text) in said.items():
            # Some probes are down.
            self.assertEqual(status, 1 if name == "status" else 0, f"{name}: {text.decode()}")
        places = {name: said[name][1] for name in ("ledger list", "ledger export", "status")}
        places["ledger show"] = b"".join(said[f"ledger show {probe}"][1] for probe in shown)
        return places

    def mails_by_api(self):
        """What the API tells of a mail of each probe and each verdict, transcripts included."""
        chosen = {(row["probe"], row["verdict"], row["attempt"]): row["id"]
                  for row in self.scene.ledger.mails()}
        return b"\n".join(self.page(f"/api/v1/mails/{mail}") for mail in chosen.values())

    def places(self):
        """Everything that others may see, by name."""
        proc = pathlib.Path("/proc") / str(self.scene.daemon.pid)
        state = self.scene.configuration.folder / "state"
        ledger = b"".join(file.read_bytes() for file in sorted(state.iterdir()))
        log = self.scene.daemon.log().encode(errors="surrogateescape")
        return {"log": log, "ledger": ledger, "mails": self.archive(),
                "pages": b"\n".join(map(self.page, PAGES)),
                "lists": b"\n".join(self.page(f"/api/v1/{name}") for name in LISTS),
                "mails by the API": self.mails_by_api(), **self.command_line(),
                "the server's log": self.scene.server.log().encode(),
                "command line": proc.joinpath("cmdline").read_bytes(),
                "environment": proc.joinpath("environ").read_bytes()}

    def once(self, *arguments):
        result = subprocess.run(
            [self.programs[0], "--config", self.scene.configuration.write(), *arguments],
            capture_output=True, timeout=60, stdin=subprocess.DEVNULL,
            env={**os.environ, **self.environment})
        return result.returncode, result.stdout + result.stderr

    def test_no_secret_is_found_anywhere_but_the_planted_word_is_found_everywhere(self):
        try:
            eventually("every probe has shown what it can", self.all_judged, within=45)
        except AssertionError:
            self.fail(f"nothing from {self.waiting}\n{self.scene.daemon.log()}")
        self.reload()
        places = self.places()
        self.assertIn(b"event=transcript", places["log"])
        self.assertIn(b"AUTH PLAIN <secret>", places["mails by the API"])
        self.assertIn(b"450 4.2.0 <secret> <secret>", places["mails by the API"])
        self.secrets.challenges = challenges_in(self.tap.sent() + b"".join(places.values()))
        self.assertGreater(len(self.secrets.challenges), len(MODES), "no challenge was seen")
        # The search finds what was on the wire.
        on_wire = dict(self.secrets.found_in(self.tap.sent()))
        self.assertIn("none-plain-user", on_wire)
        self.assertIn(("none-cram-apop", "digest"), self.secrets.found_in(self.tap.sent()))
        environment = [user for user, (_, _, source) in self.accounts.items() if source == "env"]
        # What is set by `env` can be seen there by root and the daemon's user, which is documented;
        # and the server logs what it was told to repeat.
        exceptions = {"environment": environment, "the server's log": self.echoing}
        for name, text in places.items():
            excepted = exceptions.get(name, ())
            with self.subTest(name):
                self.assertEqual(self.secrets.found_in(text, excepted), [])
        planted = Secrets()
        planted.words = {"planted": PLANTED}
        blind = {name for name, text in places.items() if not planted.found_in(text)}
        # Nothing that a server said is shown in these.
        self.assertEqual(blind, {"command line", "ledger list", "status"})
        self.assertIn(b"refused-recipient", places["ledger list"])
        self.assertIn(b"refused-recipient", places["status"])
        self.assertEqual(self.scene.daemon.stop(), 0)
        self.assertEqual(self.secrets.found_in(self.scene.daemon.log().encode(
            errors="surrogateescape")), [])
        self.check_once()
        print(f"{len(self.secrets.words)} secrets, {len(self.secrets.challenges)} challenges, "
              f"{sum(map(len, places.values())) >> 10} KiB searched in {len(places)} places: "
              "0 found", file=sys.stderr)

    def check_once(self):
        # A real journal would keep what we write.
        journal = pathlib.Path("/run/systemd/journal/socket").exists()
        formats = ("logfmt", "json", *(() if journal else ("journal",)))
        for number, probe in enumerate((*list(self.accounts)[:4], *self.refused, *self.echoing)):
            if probe in MUTE:
                continue  # they wait for their deadline; the daemon has shown them
            with self.subTest(f"once {probe}"):
                status, said = self.once("--log.level", "trace", "--log.format",
                                         formats[number % len(formats)], "once", probe,
                                         "--transcript")
                good = probe in self.accounts or probe in ("echo-uidl", "echo-retry")
                self.assertEqual(status, 0 if good else 1, said.decode())
                self.secrets.challenges |= challenges_in(said)
                self.assertEqual(self.secrets.found_in(said), [])


class Mistakes(unittest.TestCase):
    """What --check-config says about a file with a mistake beside a password."""

    SLIPS = (
        "password: {word}", "password: {word}\n      passwrd: x", "passwrd: {word}",
        "password: {{file: /nowhere/at/all, env: {word}}}", "password: {{fiel: {word}}}",
        "password: [{word}]", "password: {{{word}: x}}", "password: {{env: {word}}}",
        "password: {{credential: {word}}}", "password: \"{bare}", "password: @{bare}",
        "password: {word}\n      password: {word}", "password: !secret {word}",
        "password: {{command: {word}}}", "password: {{command: [/no/such/program, {word}]}}",
        "password: |\n        {bare}\n        {bare}", "password:{bare}", "password= {word}",
    )

    def test_no_message_repeats_a_password(self):
        folder = pathlib.Path(self.enterContext(
            tempfile.TemporaryDirectory(prefix="mailprobed-canary-")))
        for number, slip in enumerate(self.SLIPS):
            word = canary(f"slip {number}")
            for quoted in (json.dumps(word), "'" + word + "'"):
                half = slip.format(word=quoted, bare=word)
                file = folder / "mailprobed.yaml"
                file.touch(mode=0o600)
                file.write_text(
                    "accounts:\n  - name: me\n    address: me@test.invalid\n    smtp:\n"
                    f"      host: 127.0.0.1\n      {half}\n      port: zero\n"
                    f"    pop3:\n      host: 127.0.0.1\n      {half}\n"
                    "probes: [{name: p, from: me, to: me}]\n")
                with self.subTest(slip):
                    said = subprocess.run(
                        [Canary.programs[0], "--config", file, "--check-config"],
                        capture_output=True, timeout=30, stdin=subprocess.DEVNULL)
                    secrets = Secrets()
                    secrets.words["slip"] = word
                    output = said.stdout + said.stderr
                    self.assertEqual(said.returncode, 78, output.decode())
                    self.assertEqual(secrets.found_in(output), [], output.decode())

    def test_the_search_finds_every_form(self):
        secrets = Secrets()
        word = secrets.new("user")
        secrets.challenges = {b"<1.2@host>"}
        planted = [word, word.encode().hex(), urllib.parse.quote(word),
                   urllib.parse.quote_plus(word)]
        planted += [base64.b64encode(b"x" * offset + word.encode() + b"yz").decode()
                    for offset in range(3)]
        planted += [digest.decode() for digest in digests_of("user", word, secrets.challenges)]
        planted += ["\r\n ".join(re.findall(".{1,7}", planted[5]))]
        for text in planted:
            self.assertTrue(secrets.found_in(f"a line with {text} in it".encode()), text)
        self.assertEqual(secrets.found_in(b"a line without " + word[:-3].encode()), [])


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    Canary.programs = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
