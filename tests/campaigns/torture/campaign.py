# SPDX-License-Identifier: Apache-2.0
"""One campaign: an embedded mail server that stays, and a daemon that is killed and started again.
What happened is left in a folder for the judge; nothing is judged here."""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request

from kill_rules import RETRY_AFTER

ACCOUNTS = ("ann", "bea", "cid", "dan")
DEADLINES = (2000, 3000, 2500)  # ms
GRACES = (1000, 2000)
SITES = ("before", "after", "torn", "stall")
# What the server does to mails, logins and looks; every rule throws its own dice.
FAULTS = """
smtp greeting drop p=0.02
smtp MAIL refuse p=0.03
smtp RCPT reply rcpt=dan@torture.test text="450 4.2.0 greylisted" p=0.6
smtp DATA delay for=100ms p=0.15
smtp DOT keep_and_drop rcpt=dan@torture.test p=0.1
smtp DOT lose p=0.05
smtp DOT duplicate p=0.05
smtp DOT alter p=0.02
smtp DOT keep_and_drop p=0.05
smtp DOT discard_and_drop p=0.05
smtp DOT stall p=0.02
smtp DOT stall carry_out p=0.02
smtp DOT refuse p=0.03
smtp DOT refuse carry_out text="451 4.3.0 later" p=0.02
smtp DOT bounce kind=dsn delivery=uniform:50ms:900ms p=0.06
smtp DOT delay_delivery delivery=uniform:1500ms:6s p=0.12
smtp DOT delay for=250ms p=0.15
smtp QUIT stall p=0.1
smtp QUIT delay for=200ms p=0.1
pop3 LOGIN lock_held p=0.02
pop3 LOGIN delay for=60ms p=0.1
pop3 UIDL drop p=0.03
pop3 UIDL delay for=100ms p=0.1
pop3 TOP drop p=0.02
pop3 RETR drop p=0.02
pop3 RETR delay for=60ms p=0.1
pop3 DELE drop p=0.02
pop3 QUIT drop p=0.02
pop3 QUIT drop carry_out p=0.02
pop3 QUIT delay for=80ms p=0.1
""".strip().splitlines()


def boot_now():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def probes():
    """(name, from, to, deadline, grace, attempts) of every probe, in ms."""
    pairs = [(a, b) for a in ACCOUNTS[:3] for b in ACCOUNTS[:3]]
    return [(f"{a}-{b}", a, b, DEADLINES[i % 3], GRACES[i % 2], 1)
            for i, (a, b) in enumerate(pairs)] + [("retry", "dan", "dan", 14000, 1000, 2)]


def config(state, ports, interval):
    lines = ["instance: torture", f"state_directory: {state}", "web: {listen: '127.0.0.1:0'}",
             "log: {level: info, format: json}", "defaults:",
             "  poll: {first: 50ms, growth: 1.4, max: 300ms}",
             "  timeouts: {connect: 1s, greeting: 1s, command: 1s, auth: 1s, accept: 1500ms,"
             " quit: 500ms, total: 5s}", "accounts:"]
    for name in ACCOUNTS:
        half = (f"host: 127.0.0.1, tls: none, allow_plaintext_auth: true, username: {name},"
                " password: swordfish")
        lines += [f"  - name: {name}", f"    address: {name}@torture.test",
                  f"    smtp: {{{half}, port: {ports['smtp']}}}",
                  f"    pop3: {{{half}, port: {ports['pop3']}}}"]
    lines.append("probes:")
    for name, sender, to, deadline, grace, attempts in probes():
        lines.append(f"  - {{name: {name}, from: {sender}, to: {to}, interval: {interval},"
                     f" deadline: {deadline}ms, verdict_grace: {grace}ms, slo_latency: 1s,"
                     f" max_attempts: {attempts}, retry_after: {RETRY_AFTER // 1_000_000}ms}}")
    return "\n".join(lines) + "\n"


class Daemon:
    """One run of the daemon."""

    def __init__(self, folder, programs, name, state, crash=None):
        self.log_path, self.report = folder / f"{name}.log", folder / f"{name}.crash"
        self.port, self.scraped = None, None
        self.late = 0  # ns: how late this process woke up lately
        environment = dict(os.environ, ASAN_OPTIONS="verify_asan_link_order=0:detect_leaks=0")
        if crash is not None:
            environment.update(
                LD_PRELOAD=str(programs["crash"]), MAILPROBED_CRASH_AT=str(crash[0]),
                MAILPROBED_CRASH_HOW=crash[1], MAILPROBED_CRASH_REPORT=str(self.report),
                MAILPROBED_CRASH_CALL=crash[2] if len(crash) > 2 else "",
                MAILPROBED_CRASH_DIR=str(state))
        self.started = boot_now()
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([programs["daemon"], "--config", folder / "torture.yaml"],
                                            stdout=log, stderr=log, env=environment)

    def watch(self, seconds):
        """Sleeps, and sees by that how busy the machine is."""
        before = boot_now()
        time.sleep(seconds)
        self.late = max(self.late * 9 // 10, boot_now() - before - int(seconds * 1e9))

    def alive(self):
        return self.process.poll() is None

    def ready(self):
        """The port of /metrics, or None as long as it is not known."""
        if self.port is None:
            found = re.search(rb'"listen":"127\.0\.0\.1:(\d+)"', self.log_path.read_bytes())
            self.port = int(found[1]) if found else None
        return self.port

    def wait_ready(self, seconds=20):
        until = time.monotonic() + seconds
        while self.ready() is None and self.alive() and time.monotonic() < until:
            time.sleep(0.005)
        return self.port is not None

    def scrape(self):
        """The values of /metrics; the last two good answers in a row are kept, for what is the same
        in both did not change while it was written down."""
        first = self.fetch()
        values = self.fetch() if first else None
        if values:
            self.scraped = [first, values]
        return values

    def fetch(self):
        if self.ready() is None:
            return None
        try:
            url = f"http://127.0.0.1:{self.port}/metrics"
            with urllib.request.urlopen(url, timeout=2) as answer:
                text = answer.read().decode()
        except (OSError, ValueError):
            return None
        values = {}
        for name, labels, value in re.findall(r'^mailprobed_(\w+)\{(.*)\} (\S+)$', text, re.M):
            labels = dict(re.findall(r'(\w+)="([^"]*)"', labels))
            if "probe" in labels:
                values[f"{labels.pop('probe')} {name} {' '.join(labels.values())}".strip()] = (
                    float(value))
        return values

    def kill(self):
        """Ends it if it still runs; returns what is to be known of its end."""
        before = boot_now()
        self.process.kill()
        status = self.process.wait()
        end = {"started": self.started, "from": before, "to": boot_now(), "site": "random",
               "how": "", "status": status, "scraped": self.scraped}
        if self.report.exists() and self.report.stat().st_size:
            since, died, site, how = self.report.read_text(encoding="ascii").split()
            end.update({"from": int(since), "site": site, "how": how})
            end["to"] = min(end["to"], int(died) + 5_000_000)
        # What woke us late woke the daemon late: as much longer a fact may have been on its way.
        end["late"] = max(self.late, end["to"] - before if end["site"] == "random" else 0)
        end["from"] -= end["late"]
        return end


class Campaign:
    def __init__(self, folder, programs, seed):
        self.folder, self.programs, self.dice = folder, programs, random.Random(seed)
        self.seed, self.runs, self.first_starts, self.problems = seed, [], [], []
        folder.mkdir(parents=True)
        # In memory where that is possible: a kill leaves the same, and a disk that is slow for
        # once would have to excuse what was forgotten.
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.state = tempfile.mkdtemp(prefix="mailprobed-torture-", dir=memory)
        self.config = folder / "torture.yaml"

    def start_server(self):
        command = [self.programs["loopback"], "--smtp-port", "0", "--pop3-port", "0",
                   "--smtps-port", "off", "--pop3s-port", "off", "--seed", str(self.seed),
                   "--delay", "log-uniform:5ms:800ms", "--log", str(self.folder / "server.jsonl"),
                   "--log-commands", "--cert-dir", str(self.folder)]
        for name in ACCOUNTS:
            command += ["--account", f"{name}@torture.test:{name}:swordfish"]
        for fault in FAULTS:
            command += ["--fault", fault]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        return server, json.loads(server.stdout.readline())

    def one_run(self, number):
        """Starts the daemon and ends it violently."""
        how = self.dice.choice(("random", "random", "random", "end") + SITES)
        # Now and then long enough for second attempts, which come after ten seconds.
        long = number % 60 == 40
        crash = None
        if how in SITES and not long:
            crash = (self.dice.choice((self.dice.randint(1, 12), self.dice.randint(12, 140))), how)
            # By the number of all calls most would hit a pwrite.
            call, most = self.dice.choice((("", 0), ("", 0), ("fsync", 25), ("ftruncate", 3)))
            if call:
                crash = (self.dice.randint(1, most), how, call)
        daemon = Daemon(self.folder, self.programs, f"run-{number}", self.state, crash)
        patience = self.dice.uniform(0.02, 1.3) if crash is None else 1.6
        patience = 13 if long else patience
        until = time.monotonic() + patience
        scrape_at = time.monotonic() + self.dice.uniform(0.2, 0.6)
        while daemon.alive() and time.monotonic() < until:
            if time.monotonic() >= scrape_at:
                daemon.scrape()
                scrape_at += self.dice.uniform(0.1, 0.5)
            daemon.watch(min(0.02, max(0.0, until - time.monotonic())))
        asked = None
        if how == "end" and daemon.alive():
            asked = boot_now()
            daemon.process.terminate()
            time.sleep(self.dice.uniform(0, 0.2))
        self.take_end(daemon, asked=asked)

    def take_end(self, daemon, keep=None, asked=None):
        """`asked`: when SIGTERM was sent, so that the process may be gone or about to go."""
        end = daemon.kill()
        fitting = [-signal.SIGKILL]
        if asked is not None:
            end.update({"from": asked, "site": "ending"})
            fitting += [0, -signal.SIGTERM]
        (self.runs if keep is None else keep).append(end)
        if end["status"] not in fitting:
            self.problems.append(f"{daemon.log_path.name}: the daemon ended by itself with status "
                                 f"{end['status']}: {daemon.log_path.read_text()[-2000:]}")
        self.read_log(daemon)

    def read_log(self, daemon):
        for line in daemon.log_path.read_text(errors="replace").splitlines():
            if "internal_error" in line or '"journal_failed"' in line or "Sanitizer" in line or (
                    "runtime error" in line):
                self.problems.append(f"{daemon.log_path.name}: {line}")

    def first_start(self, number, crash, ports):
        """Kills a first start, with nothing in the state directory; False if it came through."""
        folder = self.folder / f"first-{number}"
        (folder / "state").mkdir(parents=True)
        (folder / "torture.yaml").write_text(config(folder / "state", ports, "7d"))
        daemon = Daemon(folder, self.programs, "first", folder / "state", crash)
        daemon.wait_ready()
        time.sleep(0.05)
        struck = not daemon.alive()
        if struck:
            self.take_end(daemon, self.first_starts)
            daemon = Daemon(folder, self.programs, "second", folder / "state")
            if not daemon.wait_ready():
                self.problems.append(f"after a first start killed {crash} the daemon does not "
                                     f"start: {daemon.log_path.read_text()}")
        daemon.kill()
        self.read_log(daemon)
        return struck

    def quiet_run(self, ports):
        """Lets every mail get its verdict; no new ones start."""
        self.config.write_text(config(self.state, ports, "7d"))
        daemon = Daemon(self.folder, self.programs, "quiet", self.state)
        daemon.wait_ready()
        until = time.monotonic() + 30
        pending = 1
        while pending and daemon.alive() and time.monotonic() < until:
            time.sleep(0.2)
            values = daemon.scrape() or {"? pending_mails": 1}
            pending = sum(n for key, n in values.items() if key.endswith(" pending_mails"))
        daemon.process.terminate()
        status = daemon.process.wait(timeout=20)
        if status != 0:
            self.problems.append(f"the quiet run ended with status {status}")
        self.read_log(daemon)
        self.runs.append({"started": daemon.started, "from": boot_now(), "to": boot_now(),
                          "site": "quiet", "how": "", "status": status, "scraped": daemon.scraped})

    def run(self, runs, first_starts):
        server, ports = self.start_server()
        try:
            self.config.write_text(config(self.state, ports, "1s"))
            for number in range(runs):
                self.one_run(number)
                # Long enough for the grace of some mails to end while nobody is there.
                if number % 25 == 12:
                    time.sleep(self.dice.uniform(2.5, 5))
            self.quiet_run(ports)
            sites = [(n, how) for n in range(1, 60) for how in SITES[:3]]
            if first_starts < len(sites):
                sites = self.dice.sample(sites[:90], first_starts)
            for number, crash in enumerate(sites):
                self.first_start(number, crash, ports)
        finally:
            server.terminate()
            server.wait()
            shutil.move(self.state, self.folder / "state")
        (self.folder / "campaign.json").write_text(json.dumps(
            {"seed": self.seed, "runs": self.runs, "first_starts": self.first_starts,
             "problems": self.problems,
              "probes": {name: {"from": a, "to": b, "deadline": d * 10**6, "grace": g * 10**6,
                               "attempts": n} for name, a, b, d, g, n in probes()}}))
