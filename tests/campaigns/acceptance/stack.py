# SPDX-License-Identifier: Apache-2.0
"""The real things: the daemon, Debian's Prometheus and Alertmanager with the rules and the examples
that are shipped, and the embedded mail server behind gates."""
import os
import pathlib
import random
import re
import shutil
import signal
import sys
import tempfile
import urllib.request

_HERE = pathlib.Path(__file__).resolve().parent
_SHIPPED = _HERE.parents[2] / "config" / "prometheus"
sys.path[:0] = [str(_HERE.parents[1] / "e2e" / one) for one in ("real", "program/weather")]
# pylint: disable=wrong-import-position
from gate import Gate  # noqa: E402
from scene import Loopback  # noqa: E402
from sink import Sink  # noqa: E402
from support.certificates import Authority  # noqa: E402
from support.processes import Processes, eventually, free_port, run  # noqa: E402
from support.program import Configuration, Daemon  # noqa: E402

SCRAPE = EVALUATION = 1
# Where the gates come from for a fault to strike: the server's rules go by the client's address.
REFUSED_LOGIN, LOST, DELAYED = "127.0.67.1", "127.0.68.1", "127.0.69.1"
DELAY = 3


class Settings(Configuration):
    """A configuration that can be changed and read again."""

    def change(self, account, half, **keys):
        """Sets keys of one half of an account."""
        next(one for one in self._accounts if one["name"] == account)[half].update(keys)


def losses(probes, mails, share, seed):
    """Which mails of which probe are lost: `share` of all, never two in a row, always the same."""
    dice, plan = random.Random(seed), {}
    for probe in probes:
        chosen = plan[probe] = []
        for number in range(5, mails):
            if dice.random() < share and (not chosen or number > chosen[-1] + 1):
                chosen.append(number)
    return plan


def fault_rules(plan):
    """Faults of the server that lose just these mails. A rule does not see those that an earlier
    one has struck."""
    for probe, numbers in plan.items():
        for earlier, number in enumerate(numbers):
            yield f"smtp DOT lose rcpt={probe}@test.invalid skip={number - earlier} max=1"


class Stack:
    """All that runs; `close` ends it."""

    def __init__(self, programs, names, faults):
        self._mailprobed, loopback = programs
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mailprobed-acceptance-"))
        self.processes = Processes(self.folder)
        accounts = [word for name in names
                    for word in ("--account", f"{name}@test.invalid:{name}:secret")]
        faults = [f"smtp LOGIN refuse peer={REFUSED_LOGIN}", f"smtp DOT lose peer={LOST}",
                  f"smtp DOT delay_delivery delivery={DELAY}s peer={DELAYED}", *faults]
        self.server = Loopback(loopback, self.processes, self.folder / "loopback", "--delay",
                               "uniform:50ms:150ms", *accounts,
                               *(word for fault in faults for word in ("--fault", fault)))
        self.settings = Settings(self.folder / "mailprobed")
        self.daemon = self.prometheus = None
        self.sink = Sink()

    def gate(self, service, certificate=None):
        """A way of its own to the server's `smtp` or `pop3`."""
        return Gate(("127.0.0.1", self.server.ports[service]), certificate)

    def authority(self):
        """An authority that signs certificates."""
        return Authority(self.folder, "acceptance", days=90)

    def account(self, name, smtp=None, pop3=None):
        """An account whose halves go straight to the server unless told otherwise."""
        plain = {"tls": "none", "allow_plaintext_auth": True, "username": name}
        self.settings.account(name, f"{name}@test.invalid", "secret",
                              {"port": self.server.ports["smtp"], **plain, **(smtp or {})},
                              {"port": self.server.ports["pop3"], **plain, **(pop3 or {})})

    def start(self):
        """Runs the daemon and what watches it; returns when the first heartbeat came through."""
        self.daemon = Daemon(self._mailprobed, self.processes, self.settings)
        alertmanager = self._alertmanager()
        self._prometheus(alertmanager)
        eventually("the watchdog's heartbeat comes through Prometheus and Alertmanager",
                   lambda: self.sink.seen(("heartbeat",)), within=60)

    def reload(self):
        """Lets the daemon read its settings again."""
        taken = self.daemon.log().count("event=reloaded")
        self.settings.write()
        os.kill(self.daemon.pid, signal.SIGHUP)
        eventually("the daemon has taken its settings",
                   lambda: self.daemon.log().count("event=reloaded") > taken)

    def _alertmanager(self):
        """The shipped example; only what would falsify times is another: it does not wait for
        more alerts to send with the first, and each probe has a notification of its own."""
        text = (_SHIPPED / "alertmanager.example.yml").read_text()
        text = re.sub(r"group_wait: \S+", "group_wait: 0s", text)
        text = re.sub(r"group_interval: \S+", "group_interval: 1s", text)
        text = text.replace("group_by: [", "group_by: [probe, mailbox, account, ")
        text = text.replace("127.0.0.1:9099", f"127.0.0.1:{self.sink.port}")
        return self._serve("prometheus-alertmanager", "alertmanager.yml", text,
                           "--cluster.listen-address=", storage="--storage.path=")

    def _prometheus(self, alertmanager):
        text = (_SHIPPED / "prometheus.example.yml").read_text()
        text = re.sub(r"scrape_interval: \S+", f"scrape_interval: {SCRAPE}s", text)
        text = re.sub(r"evaluation_interval: \S+", f"evaluation_interval: {EVALUATION}s", text)
        text = text.replace("/usr/share/mailprobed/prometheus", str(_SHIPPED))
        text = text.replace("127.0.0.1:9093", alertmanager)
        text = text.replace("127.0.0.1:10995", self.daemon.url.removeprefix("http://"))
        # The first alerts come before Prometheus has found its Alertmanager, and a minute would
        # go by before they are told again.
        self._serve("prometheus", "prometheus.yml", text, "--rules.alert.resend-delay=3s",
                    storage="--storage.tsdb.path=")

    def _serve(self, program, file, text, *options, storage):
        if not shutil.which(program):
            raise AssertionError(f"missing package: {program} (.ci/install-packages test)")
        settings, listen = self.folder / file, f"127.0.0.1:{free_port()}"
        settings.write_text(text)
        if program == "prometheus":
            run("promtool", "check", "config", settings)
        else:
            run("amtool", "check-config", settings)
        log = self.folder / f"{program}.log"
        process = self.processes.start(log, program, f"--config.file={settings}",
                                       f"{storage}{self.folder}/{program}",
                                       f"--web.listen-address={listen}", "--log.level=warn",
                                       *options)

        def ready():
            if process.poll() is not None:
                raise AssertionError(f"{program} did not start: " + log.read_text())
            try:
                with urllib.request.urlopen(f"http://{listen}/-/ready", timeout=5) as answer:
                    return answer.status == 200
            except OSError:
                return False
        eventually(f"{program} is ready", ready)
        return listen

    def close(self):
        """Ends everything and removes its files."""
        self.processes.stop_all()
        shutil.rmtree(self.folder, ignore_errors=True)
