# SPDX-License-Identifier: Apache-2.0
"""A run of the true daemon with every verdict in it, scraped by the true Prometheus."""
import pathlib
import sys
import time
import urllib.error
import urllib.request

_TESTS = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_TESTS / "e2e" / "program" / "weather"), str(_TESTS / "e2e" / "real")]
# pylint: disable=wrong-import-position
import scene as weather  # noqa: E402
from support.processes import eventually  # noqa: E402
from support.prometheus import Prometheus  # noqa: E402

# Probe: what the server does to its mails.
FAULTS = {
    "good": (),
    "slow": ("smtp DOT delay_delivery rcpt=slow@test.invalid delivery=1500ms",),
    "refused": ('smtp LOGIN reply text="535 5.7.8 no" user=refused',),
    "down": ("smtp RCPT refuse rcpt=down@test.invalid",),
    "lost": ("smtp DOT lose rcpt=lost@test.invalid",),
    "late": ("smtp DOT delay_delivery rcpt=late@test.invalid delivery=5s",),
    "bounced": ("smtp DOT bounce kind=dsn rcpt=bounced@test.invalid delivery=100ms",),
    "unobserved": ("pop3 LOGIN lock_held user=unobserved",),
    "altered": ("smtp DOT alter rcpt=altered@test.invalid max=2",
                "smtp DOT duplicate rcpt=altered@test.invalid max=2"),
    "grey": ('smtp RCPT reply text="450 4.2.0 later" rcpt=grey@test.invalid max=1',),
    "quiet": (),
}
# What the boards must say of each: the state, and where it fails.
EXPECTED = {
    "good": (0, "-"), "slow": (1, "-"), "refused": (2, "auth: auth_rejected"),
    "down": (3, "envelope: rejected_permanent"), "lost": (3, "lost"), "late": (3, "lost"),
    "bounced": (3, "bounced"), "unobserved": (3, "unobserved"), "altered": (0, "-"),
    "grey": (0, "-"), "quiet": (-1, "-"),
}
# A reload counts as one from here on; before it belongs to the start.
_RELOAD_AFTER = 16


class Scene(weather.Scene):
    """The run; `start` and `end` are its times once `play` has returned."""

    start = end = 0.0
    prometheus = None

    def play(self):
        """Runs daemon and Prometheus until every verdict has been scraped."""
        words = ["--delay", "30ms", "--authentication-results", "spf=pass; dkim=fail; dmarc=pass"]
        for name in FAULTS:
            words += ["--account", f"{name}@test.invalid:{name}:secret"]
        for fault in (fault for faults in FAULTS.values() for fault in faults):
            words += ["--fault", fault]
        self.serve(*words)
        for name in FAULTS:
            self._route(name)
        self.run()
        self.prometheus = Live(self.processes, self.folder / "prometheus",
                               self.daemon.url.removeprefix("http://"))
        self.start = time.time()
        eventually("every kind of verdict and evidence", self._all_seen, within=60)
        self._reloads()
        # What the daemon says now has been scraped when the next two scrapes are through.
        scrapes = self.prometheus.value("count_over_time(up[5m])") + 2
        eventually("two more scrapes",
                   lambda: self.prometheus.value("count_over_time(up[5m])") >= scrapes)
        self.end = time.time()

    def _route(self, name):
        ports, secure = self.server.ports, {"ca_file": self.server.ports["ca"]}
        smtp, pop3 = {}, {"authserv_id": "loopback.invalid"}
        if name == "good":
            smtp = {"tls": "implicit", "port": ports["smtps"], **secure}
            pop3.update({"tls": "implicit", "port": ports["pop3s"], **secure,
                         "poll": {"max_logins_per_hour": 50000}})
        if name == "slow":
            smtp = {"tls": "starttls", **secure}
        self.account(name, {"allow_plaintext_auth": smtp == {}, **smtp},
                     {"allow_plaintext_auth": "tls" not in pop3, **pop3})
        # Those that must not fail have time: the machine may be busy.
        more = {"interval": "1s", "deadline": "20s", "verdict_grace": "1s", "slo_latency": "10s",
                "labels": {"team": "mail"}}
        if name in ("lost", "late", "unobserved", "bounced"):
            more.update(deadline="2s", slo_latency="2s")
        if name == "slow":
            more.update(slo_latency="1s")
        if name == "grey":
            more.update(interval="2s", max_attempts=2, retry_after="10s")
        if name == "quiet":
            more.update(interval="7d")
        self.configuration.probe(name, **more)

    def _all_seen(self):
        seen = self.daemon.metrics()
        verdicts = all(
            seen.value("verdicts_total", probe=probe, verdict=verdict) >= count
            for probe, verdict, count in (
                ("good", "delivered", 3), ("slow", "delivered", 3), ("refused", "send_failed", 1),
                ("down", "send_failed", 2), ("lost", "lost", 2), ("bounced", "bounced", 2),
                ("unobserved", "unobserved", 2), ("late", "lost", 2), ("altered", "delivered", 3),
                ("grey", "delivered", 3)))
        return (verdicts and seen.value("after_verdict_total", probe="late", kind="late")
                and seen.value("after_verdict_total", probe="altered", kind="duplicate")
                and seen.value("retries_total", probe="grey")
                and seen.value("bad_streak", probe="grey") == 0)

    def _reloads(self):
        file = self.configuration.folder / "mailprobed.yaml"
        good = file.read_text()
        file.write_text(good + "nonsense")
        self._reload()
        eventually("the refused reload has been scraped", lambda: self.prometheus.value(
            "mailprobed_config_last_reload_successful") == 0)
        file.write_text(good)
        began = self.prometheus.value("process_start_time_seconds")
        eventually("the daemon is old enough", lambda: time.time() > began + _RELOAD_AFTER)
        self._reload()
        eventually("the reload has been scraped", lambda: self.prometheus.value(
            "mailprobed_config_last_reload_successful") == 1)

    def _reload(self):
        request = urllib.request.Request(self.daemon.url + "/-/reload", data=b"", method="POST",
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30):
                pass
        except urllib.error.HTTPError:
            pass


class Live(Prometheus):
    """A Prometheus that tells where it is."""

    @property
    def url(self):
        """Its address."""
        return self._url

    def value(self, expression):
        """The one value of an instant query; NaN if there is none yet."""
        found = self.query(expression)
        return found[0][1] if found else float("nan")
