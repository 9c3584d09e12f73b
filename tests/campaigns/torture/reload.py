#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reloads under load, half of them of bad files, the good ones changing accounts and adding and
removing probes with mail in flight; what became of the mails is judged from the server's log by the
program that judges kills, and the daemon must not grow. Exit status 0 if nothing was wrong."""
import argparse
import collections
import json
import pathlib
import shutil
import signal
import statistics
import sys
import time

from campaign import ACCOUNTS, Campaign, Daemon, boot_now
from kill_judge import Judge, name_hash
from summary import summarize

SECOND = 1_000_000_000
OPTIONAL = 24  # probes that come and go
DEADLINES = (2000, 3000, 2500)  # ms
GRACE = 1500
STEADY = ("steady-ann", "steady-bea")


def probes():
    """(name, from, to, deadline) of every probe that there may be."""
    pairs = [(a, b) for a in ACCOUNTS[:3] for b in ACCOUNTS[:3]]
    return ([(name, name[7:], name[7:], 2500) for name in STEADY] +
            [(f"guest-{i}", *pairs[i % len(pairs)], DEADLINES[i % 3]) for i in range(OPTIONAL)])


class Writer:
    """Configurations, good and bad, by dice."""

    def __init__(self, state, ports, dice):
        self.state, self.ports, self.dice = state, ports, dice
        self.other_key = pathlib.Path(state) / "another.key"
        self.other_key.touch(mode=0o600)
        self.other_key.write_text("0123456789abcdef" * 4)

    def account(self, name, alias, plain):
        """`alias` is another name for the account, which renames its mailbox too."""
        dice = self.dice
        half = {"host": "127.0.0.1", "tls": "none", "allow_plaintext_auth": True, "username": name,
                "password": "swordfish"}
        smtp = {**half, "port": self.ports["smtp"]}
        pop3 = {**half, "port": self.ports["pop3"]}
        if not plain:
            smtp["ehlo_name"] = dice.choice(("one.torture.test", "two.torture.test"))
            smtp["pipelining"] = dice.choice(("on", "off"))
            smtp["timeouts"] = {"command": dice.choice(("1s", "1100ms"))}
            pop3["auth"] = dice.choice(("user-pass", "plain"))
            pop3["poll"] = {"first": "50ms", "growth": 1.4, "max": dice.choice(("200ms", "300ms"))}
        return {"name": alias, "address": f"{name}@torture.test", "smtp": smtp, "pop3": pop3}

    def good(self, everything=False, interval=None):
        dice = self.dice
        alias = {name: name if everything or dice.random() < 0.7 else f"{name}-by-another-name"
                 for name in ACCOUNTS}
        chosen = []
        for name, sender, to, deadline in probes():
            steady = name in STEADY
            if not steady and not everything and dice.random() < 0.4:
                continue
            probe = {"name": name, "from": alias[sender], "to": alias[to],
                     "deadline": f"{deadline}ms", "verdict_grace": f"{GRACE}ms",
                     "slo_latency": "1s",
                     "interval": interval or ("1s" if steady else dice.choice(("1s", "2s", "3s")))}
            if not steady:
                probe["labels"] = {"turn": dice.choice(("odd", "even"))}
                probe["bounces"] = True if everything else dice.random() < 0.5
            chosen.append(probe)
        if not everything:
            dice.shuffle(chosen)
        return {
            "instance": "torture", "state_directory": self.state, "web": {"listen": "127.0.0.1:0"},
            "log": {"level": "info", "format": "json"},
            "defaults": {"poll": {"first": "50ms", "growth": 1.4, "max": "300ms"},
                         "timeouts": {"connect": "1s", "greeting": "1s", "command": "1s",
                                      "auth": "1s", "accept": "1500ms", "quit": "500ms",
                                      "total": "5s"}},
            "accounts": [self.account(name, alias[name], everything) for name in ACCOUNTS],
            "probes": chosen}

    def bad(self):
        """A mistake of every kind, and what the daemon must refuse although it is well-formed."""
        document = self.good()
        kind = self.dice.randrange(7)
        if kind == 0:
            return json.dumps(document)[:-40]
        if kind == 1:
            document["probes"][0]["intervall"] = "1s"
        elif kind == 2:
            document["probes"][0]["from"] = "nobody"
        elif kind == 3:
            document["probes"].append(document["probes"][0])
        elif kind == 4:
            document["instance"] = "another"
        elif kind == 5:
            document["tag_key"] = {"file": str(self.other_key)}
        else:
            document["accounts"][0]["smtp"]["password"] = ""
        return json.dumps(document)


class Reloads(Campaign):
    def __init__(self, folder, programs, seed):
        super().__init__(folder, programs, seed)
        self.samples = []
        self.taken = self.refused = 0
        self.took = []

    def size_of(self, daemon):
        proc = pathlib.Path("/proc") / str(daemon.process.pid)
        status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
        self.samples.append({"kib": int(status["VmRSS"].split()[0]),
                             "threads": int(status["Threads"]),
                             "descriptors": len(list((proc / "fd").iterdir()))})

    def reload(self, daemon, text):
        """Puts the file in place and waits for the answer; True if it was taken."""
        fresh = self.config.with_suffix(".new")
        fresh.write_text(text)
        fresh.rename(self.config)
        began = time.monotonic()
        daemon.process.send_signal(signal.SIGHUP)
        until = began + 20
        while time.monotonic() < until:
            for line in self.log.read().splitlines():
                if '"reloaded"' in line or '"reload_refused"' in line:
                    self.took.append(time.monotonic() - began)
                    self.answer = line
                    return '"reloaded"' in line
            time.sleep(0.002)
        raise AssertionError("no answer to SIGHUP within 20 s")

    def run_reloads(self, count, pause):
        server, ports = self.start_server()
        daemon = None
        try:
            writer = Writer(self.state, ports, self.dice)
            self.config.write_text(json.dumps(writer.good(everything=True)))
            daemon = Daemon(self.folder, self.programs, "reloaded", self.state)
            daemon.wait_ready()
            self.log = open(daemon.log_path, encoding="ascii", errors="replace")
            for number in range(count):
                good = number % 2 == 1
                text = json.dumps(writer.good()) if good else writer.bad()
                if self.reload(daemon, text) != good:
                    self.problems.append(f"reload {number} should have been "
                                         f"{'taken' if good else 'refused'}: {self.answer}")
                self.taken += good
                self.refused += not good
                time.sleep(pause)
                if number % 10 == 0:
                    self.size_of(daemon)
            self.end(daemon, writer)
        finally:
            if daemon is not None and daemon.alive():
                daemon.kill()
            server.terminate()
            server.wait()
            shutil.move(self.state, self.folder / "state")
        (self.folder / "campaign.json").write_text(json.dumps(
            {"seed": self.seed, "runs": self.runs, "first_starts": [], "problems": self.problems,
             "probes": {name: {"from": a, "to": b, "deadline": d * 10**6, "grace": GRACE * 10**6,
                               "attempts": 1} for name, a, b, d in probes()}}))

    def end(self, daemon, writer):
        """All probes again, so that their counters can be read; no further mails; an orderly end."""
        self.reload(daemon, json.dumps(writer.good(everything=True, interval="7d")))
        until, pending = time.monotonic() + 30, 1
        while pending and time.monotonic() < until:
            time.sleep(0.2)
            values = daemon.scrape() or {"? pending_mails": 1}
            pending = sum(n for key, n in values.items() if key.endswith(" pending_mails"))
        self.size_of(daemon)
        daemon.process.terminate()
        status = daemon.process.wait(timeout=20)
        if status != 0:
            self.problems.append(f"the daemon ended with status {status}")
        self.read_log(daemon)
        self.runs.append({"started": daemon.started, "from": boot_now(), "to": boot_now(),
                          "site": "quiet", "how": "", "status": status, "late": 0,
                          "scraped": daemon.scraped})


class ReloadJudge(Judge):
    """Knows that the grids of most probes change, and that those of the steady ones must not."""

    def check_slots(self):
        for probe in STEADY:
            phase = int(name_hash(probe) / 2**32 * SECOND)
            slots = collections.Counter((row["wall_ns"] - phase) // SECOND
                                        for row in self.rows.values() if row["probe"] == probe)
            for slot in range(min(slots), max(slots) + 1):
                if slots[slot] != 1:
                    self.complain("wrong slot", f"{probe}: {slots[slot]} mails in slot {slot}")
            self.counts["steady slots"] += len(slots)


def growth(samples, key):
    """Between the first and the last third after warm-up: least values, for load makes spikes."""
    half = samples[len(samples) // 4:-1]
    third = max(1, len(half) // 3)
    early = statistics.median([s[key] for s in half[:third]])
    late = statistics.median([s[key] for s in half[-third:]])
    return early, late


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reloads", type=int, default=1000)
    parser.add_argument("--pause", type=float, default=0.06, help="seconds between reloads")
    parser.add_argument("--sanitized", action="store_true",
                        help="memory grows by what a sanitizer keeps, and is not judged")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    for name in ("daemon", "loopback"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path, help="is emptied; keeps logs and ledger")
    args = parser.parse_args()
    folder = args.folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    programs = {name: getattr(args, name).resolve() for name in ("daemon", "loopback")}
    print(f"reload: {args.reloads} reloads, seed {args.seed}", flush=True)
    one = Reloads(folder, programs, args.seed)
    one.run_reloads(args.reloads, args.pause)
    judge = ReloadJudge(folder).judge()
    complaints = list(judge.complaints)
    numbers = {"reloads taken": one.taken, "reloads refused": one.refused,
               "slowest answer to SIGHUP, ms": round(max(one.took) * 1000, 1),
               "mails": judge.counts["mails"]}
    numbers.update({f"  {verdict}": n for verdict, n in sorted(judge.verdicts.items()) if verdict})
    numbers.update({f"{what}": judge.counts[what] for what in (
        "unaccounted", "wrong verdict", "sent twice", "wrong evidence", "wrong counter")})
    numbers["slots of unchanged probes, each used once"] = judge.counts["steady slots"]
    for what, value in numbers.items():
        print(f"{what:44} {value:>10}")
    # A slow start of the allocator is no leak: 5 % and 4 MiB.
    for key, slack in (("threads", 0), ("descriptors", 12), ("kib", 4096)):
        early, late = growth(one.samples, key)
        print(f"{key + ', early and late (medians)':44} {early:>10} {late:>10}")
        if key == "kib" and args.sanitized:
            continue
        if late > early * (1.05 if key == "kib" else 1) + slack:
            complaints.append(f"{key} grew from {early} to {late}")
    if judge.counts["mails"] < args.reloads / 10 or not judge.verdicts["delivered"]:
        complaints.append("too little happened")
    summarize("reloads", f"{one.taken} taken, {one.refused} refused, slowest answer "
              f"{max(one.took) * 1000:.1f} ms, {judge.counts['unaccounted']} unaccounted, "
              f"{judge.counts['wrong verdict']} wrong verdict, {judge.counts['sent twice']} sent twice")
    for complaint in complaints[:20]:
        print("\nWRONG: " + complaint)
    print("\nreload: " + (f"{len(complaints)} complaints, see {args.folder}" if complaints else "ok"))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
