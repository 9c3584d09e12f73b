# SPDX-License-Identifier: Apache-2.0
"""The daemon against the embedded mail server, each a process, and both their records side by side:
the daemon's ledger and the server's log tell every instant on one clock."""
import atexit
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import sys
import tempfile
import time

_HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE.parents[1] / "real"), str(_HERE.parents[2] / "campaigns" / "accounting")]
# pylint: disable=wrong-import-position
from server_log import mail_of_tag  # noqa: E402
from support.processes import Processes, eventually  # noqa: E402
from support.program import Configuration, Daemon  # noqa: E402

SECOND = 1_000_000_000


class Loopback:
    """A running mailprobed-loopback and its log."""

    def __init__(self, program, processes, folder, *options):
        folder.mkdir()
        self._log = folder / "events"
        self._output = folder / "output"
        ports = [word for name in ("smtp", "smtps", "pop3", "pop3s")
                 for word in (f"--{name}-port", "0")]
        self.process = processes.start(self._output, program, *ports, "--cert-dir", folder,
                                       "--log", self._log, *options)
        self.ports = eventually("the mail server is ready", self._ready)

    def _ready(self):
        lines = self._output.read_text().splitlines()
        if self.process.poll() is not None:
            raise AssertionError(f"mailprobed-loopback ended: {lines}")
        return json.loads(lines[0]) if lines and lines[0].endswith("}") else None

    def log(self):
        """Its log as text."""
        return self._log.read_text(encoding="ascii")

    def events(self, *kinds):
        """What happened, in order; a line that is being written is left out."""
        lines = [line for line in self.log().splitlines(keepends=True) if line.endswith("\n")]
        return [event for event in map(json.loads, lines) if event["kind"] in kinds]

    def visible(self):
        """When each mail (by the id in its tag) became visible, copies left out."""
        return {mail_of_tag(event["mail"]["tag"]): event["at_ns"]
                for event in reversed(self.events("visible"))
                if not event["mail"].get("copy_of")}

    def accepted(self):
        """The ids of the mails for which it answered 250."""
        return {mail_of_tag(event["mail"]["tag"]) for event in self.events("mail")
                if event["mail"].get("reply_code") == 250}


class Ledger:
    """The daemon's ledger, read beside it."""

    def __init__(self, configuration):
        self._path = configuration.folder / "state" / "ledger.db"

    def open(self):
        """A connection that only reads."""
        return sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=10)

    def mails(self):
        """All mails in the order of their starts."""
        with self.open() as ledger:
            ledger.row_factory = sqlite3.Row
            rows = ledger.execute("SELECT * FROM mails ORDER BY rowid").fetchall()
        ledger.close()
        mails = [{**dict(row), "id": f"{row['mail'] % 2**64:016x}"} for row in rows]
        return sorted(mails, key=lambda mail: mail["started_ns"])


class Scene:
    """A folder with both programs; `close` ends and removes everything."""

    def __init__(self, mailprobed, loopback):
        self._mailprobed, self._loopback = mailprobed, loopback
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mailprobed-weather-"))
        self.processes = Processes(self.folder)
        atexit.register(self.close)
        self.configuration = Configuration(self.folder / "mailprobed")
        self.ledger = Ledger(self.configuration)
        self.server = self.daemon = None

    def serve(self, *options):
        """Starts the mail server."""
        self.server = Loopback(self._loopback, self.processes, self.folder / "loopback", *options)

    def account(self, name, smtp=None, pop3=None, password="secret"):
        """An account without TLS; its address is NAME@test.invalid and its user NAME."""
        plain = {"tls": "none", "allow_plaintext_auth": True, "username": name}
        self.configuration.account(name, f"{name}@test.invalid", password,
                                   {"port": self.server.ports["smtp"], **plain, **(smtp or {})},
                                   {"port": self.server.ports["pop3"], **plain, **(pop3 or {})})

    def run(self, level="info", **environment):
        """Starts the daemon, with more environment variables if there are any."""
        log = self.configuration.folder / "daemon.log"
        if log.exists():
            log.rename(log.with_suffix(f".{self.daemon.pid}"))
        prefix = ["env", *(f"{name}={value}" for name, value in environment.items())]
        self.daemon = Daemon(self._mailprobed, self.processes, self.configuration, level, prefix)
        return self.daemon

    def judged(self):
        """The mails that have a verdict."""
        return [mail for mail in self.ledger.mails() if mail["verdict"]]

    def idle(self, probe):
        """Waits until no mail of the probe is pending."""
        eventually("no mail is pending",
                   lambda: self.daemon.metrics().value("pending_mails", probe=probe) == 0)

    def close(self):
        """Ends both programs and removes their files; at the end of the process at the latest."""
        for process in (self.daemon and self.daemon.pid, self.server and self.server.process.pid):
            try:
                if process:
                    os.kill(process, signal.SIGCONT)
            except ProcessLookupError:
                pass
        self.processes.stop_all()
        shutil.rmtree(self.folder, ignore_errors=True)


def boot_ns():
    """Now, as both programs' records count."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def contains_truth(mail, visible_at, moved=0):
    """Whether a delivered mail's bounds hold the instant at which the server says it became
    visible; the daemon's clock was `moved` ahead then."""
    return mail["lower_ns"] - moved <= visible_at <= mail["upper_ns"] - moved
