# SPDX-License-Identifier: Apache-2.0
"""No secret leaves the daemon: every password and key is unique, everything that the daemon and
`once` write is searched for each of them in every form. A planted word that is no secret must be
found in every place, so that finding nothing means something.

    canary_test.py MAILPROBED LOOPBACK [option of unittest...]"""
import base64
import hashlib
import hmac
import json
import os
import pathlib
import poplib
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.parse

from scene import Scene
from support.processes import eventually
from support.secret_forms import forms_of
from support.wire_tap import WireTap

MODES = ("none", "starttls", "implicit")
LOGINS = {"plain-user": ("plain", "user-pass"), "login-plain": ("login", "plain"),
          "cram-apop": ("cram-md5", "apop"), "auto-auto": ("auto", "auto")}
SOURCES = ("file", "env", "command", "credential", "inline")
PLANTED = "Planted-3f9a61c07be2"
PAGES = ("/metrics", "/config", "/", "/probes/a", "/api/v1/probes", "/-/healthy", "/-/ready", "/no-such-page")
# Its mailbox cannot be read, which takes a deadline to say.
MUTE = ("echo-pass",)
# A challenge of APOP or CRAM-MD5.
CHALLENGE = re.compile(rb"<[^<>\s\"]{3,100}@[^<>\s\"]{1,100}>")
BASE64 = re.compile(rb"[A-Za-z0-9+/]{16,}={0,2}")


def canary(number):
    """A password that URLs, base64 and regular expressions all write differently."""
    unique = hashlib.sha256(f"canary {number}".encode()).hexdigest()
    return f"k#{unique[:6]}/q+m&x%=w {unique[6:14]}~?"


def echoes(user, word):
    """The forms in which a server might repeat a password."""
    whole = base64.b64encode(f"\0{user}\0{word}".encode()).decode()
    return (word, base64.b64encode(word.encode()).decode(), whole,
            urllib.parse.quote(word, safe=""), word.encode().hex())


def challenges_in(text):
    """All challenges of servers that stand in a text or in its base64 words."""
    found = set(CHALLENGE.findall(text))
    for word in set(BASE64.findall(text)):
        if len(word) % 4 == 0:
            found.update(CHALLENGE.findall(base64.b64decode(word)))
    return found


def digests_of(user, word, challenges):
    """What a client answers to these challenges: APOP's digest, CRAM-MD5's and its response."""
    for challenge in challenges:
        yield hashlib.md5(challenge + word.encode()).hexdigest().encode()
        digest = hmac.new(word.encode(), challenge, "md5").hexdigest()
        yield digest.encode()
        yield base64.b64encode(f"{user} {digest}".encode())


class Secrets:
    """Every secret of a scene and its forms."""

    def __init__(self):
        self.words = {}
        self.challenges = set()

    def new(self, user):
        self.words[user] = canary(user)
        return self.words[user]

    def found_in(self, text, excepted=()):
        """Which secrets stand in a text (bytes) in which forms."""
        squeezed = re.sub(rb"\s+", b"", text)
        found = []
        for user, word in self.words.items():
            if user in excepted:
                continue
            found += [(user, form) for form, pattern in forms_of(word).items()
                      if pattern.search(text) or pattern.search(squeezed)]
            found += [(user, "digest") for digest in digests_of(user, word, self.challenges)
                      if digest in text or digest in squeezed]
        return found


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
            ("transient", ("plain", "user-pass")))}
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
        self.scene.configuration.probe(user, interval="5s", deadline="20s", verdict_grace="2s")

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
                    if not metrics.verdicts(user)} - set(MUTE)
        waiting |= {user for user in MUTE
                    if not metrics.total("mailbox_failures_total", mailbox=user)}
        if not metrics.total("mails_started_total", probe="planted"):
            waiting.add("planted")
        self.waiting = waiting
        return not waiting

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

    def places(self):
        """Everything that others may see, by name."""
        proc = pathlib.Path("/proc") / str(self.scene.daemon.pid)
        state = self.scene.configuration.folder / "state"
        ledger = b"".join(file.read_bytes() for file in sorted(state.iterdir()))
        log = self.scene.daemon.log().encode(errors="surrogateescape")
        return {"log": log, "ledger": ledger, "mails": self.archive(),
                "pages": b"\n".join(map(self.page, PAGES)),
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
        places = self.places()
        self.assertIn(b"event=transcript", places["log"])
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
        blind = [name for name, text in places.items() if PLANTED.encode() not in text]
        self.assertEqual(blind, ["command line"])
        self.assertEqual(self.scene.daemon.stop(), 0)
        self.assertEqual(self.secrets.found_in(self.scene.daemon.log().encode(
            errors="surrogateescape")), [])
        self.check_once()
        print(f"{len(self.secrets.words)} secrets, {len(self.secrets.challenges)} challenges, "
              f"{sum(map(len, places.values())) >> 10} KiB searched in {len(places)} places: "
              "0 found", file=sys.stderr)

    def check_once(self):
        for probe in (*list(self.accounts)[:4], *self.refused, *self.echoing, "planted"):
            if probe in (*MUTE, "planted"):
                continue  # they wait for their deadline; the daemon has shown them
            with self.subTest(f"once {probe}"):
                status, said = self.once("--log.level", "trace", "once", probe, "--transcript")
                good = probe in self.accounts or probe == "echo-uidl"
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
