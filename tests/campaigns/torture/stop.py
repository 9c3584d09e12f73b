#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stops the daemon, then the server, with SIGSTOP and compares what the daemon says of it with what
the server's log says; prints the figures and exits with 0 if all of it is true.

    stop.py MAILPROBED LOOPBACK [SECONDS]     (12 unless told; `make torture` takes 60)"""
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "e2e" / "program" / "weather"))
# pylint: disable=wrong-import-position
from scene import SECOND, Scene, boot_ns, contains_truth  # noqa: E402
from summary import summarize  # noqa: E402
from support.processes import eventually  # noqa: E402

STAGES = ("connect", "greeting", "command", "auth", "accept")


def timeouts(seconds):
    """The same for all stages; longer than the stop, and what a server says late is still heard."""
    return {**{stage: f"{seconds}s" for stage in STAGES}, "total": f"{2 * seconds}s"}


class Stop:
    """One scene: a probe that sends every second, and one of the programs stopped for a while."""

    def __init__(self, programs, seconds, deadline, grace, patience, look_patience=None):
        self.scene = Scene(*programs)
        self.seconds = seconds
        self.faults, self.figures = [], {}
        self.scene.serve("--account", "a@test.invalid:a:secret", "--delay", "600ms")
        self.scene.account("a", {"timeouts": timeouts(patience)},
                           {"timeouts": timeouts(look_patience or patience)})
        self.scene.configuration.probe("a", interval="1s", deadline=f"{deadline}s",
                                       verdict_grace=f"{grace}s")
        self.daemon = self.scene.run("info")
        self.server = self.scene.server
        first = eventually("the first mails are delivered", lambda: (
            mails if len(mails := self.scene.judged()) >= 3 else None))
        # A tick of the grid: the least late of the first starts.
        start = first[0]["started_ns"]
        self.anchor = start + min((mail["started_ns"] - start + SECOND // 2) % SECOND - SECOND // 2
                                  for mail in first)

    def expect(self, holds, what):
        """Notes what is not as it should be."""
        if not holds:
            self.faults.append(what)

    def stop(self, pid):
        """Stops a process the moment a mail is accepted and not yet visible, until it is well
        between two ticks; tells when, and which mail it was."""
        known = self.server.accepted()
        mail = eventually("a mail is accepted",
                          lambda: next(iter(self.server.accepted() - known), None))
        began = boot_ns()
        os.kill(pid, signal.SIGSTOP)
        at = began + self.seconds * SECOND
        at += (SECOND // 4 - (at - self.anchor)) % SECOND
        time.sleep((at - boot_ns()) / SECOND)  # how long it is stopped is what is tried here
        ended = boot_ns()
        os.kill(pid, signal.SIGCONT)
        return began, ended, mail

    def judged_after(self, instant, count=3):
        """All judged mails, when all that started before `instant` and so many after it are."""
        def check():
            mails = self.scene.ledger.mails()
            later = [mail for mail in mails if mail["started_ns"] > instant]
            done = all(mail["verdict"] for mail in mails if mail["started_ns"] <= instant)
            return mails if done and sum(bool(m["verdict"]) for m in later) >= count else None
        mails = eventually("the mails are judged", check, within=60)
        return [mail for mail in mails if mail["verdict"]]

    def missed(self):
        """Ticks counted as missed."""
        return self.daemon.metrics().total("ticks_missed_total")

    def check_all(self, mails):
        """What holds in every weather."""
        visible = self.server.visible()
        counts = {}
        for mail in mails:
            counts[mail["verdict"]] = counts.get(mail["verdict"], 0) + 1
            if mail["verdict"] == "delivered":
                self.expect(contains_truth(mail, visible[mail["id"]]),
                            f"{mail['id']}: visible outside of [L, U]")
        self.figures["verdicts"] = " ".join(f"{word} {n}" for word, n in sorted(counts.items()))
        # Nothing was thrown away, so nothing is lost.
        self.expect("lost" not in counts, "falsely lost")
        metrics = self.daemon.metrics()
        self.expect(metrics.total("mails_started_total") ==
                    metrics.total("verdicts_total") + metrics.total("pending_mails"), "identity")
        self.check_grid(mails)
        return counts

    def check_grid(self, mails):
        """Starts and missed ticks together are all ticks."""
        starts = sorted(mail["started_ns"] for mail in mails)
        # The mails that are still on their way started after all of these.
        slots = round((starts[-1] - starts[0]) / SECOND) + 1
        self.figures["ticks"], self.figures["starts"] = slots, len(starts)
        self.expect(abs(len(starts) + self.missed() - slots) <= 1, "ticks not accounted for")

    def end(self):
        """The result: figures and faults."""
        self.expect(self.daemon.stop() == 0, "the daemon did not end in order")
        self.scene.close()
        return self.figures, self.faults


def daemon_stopped(programs, seconds):
    """the daemon stopped, deadline longer"""
    run = Stop(programs, seconds, deadline=seconds + 30, grace=10, patience=30)
    before = run.missed()
    began, ended, in_flight = run.stop(run.daemon.pid)
    mails = run.judged_after(ended)
    missed = run.missed() - before
    run.figures["missed"] = f"{missed:g} in {(ended - began) / SECOND:.2f} s"
    ticks = (ended - run.anchor) // SECOND - (began - run.anchor) // SECOND
    run.expect(missed == ticks - 1, f"{ticks} ticks passed, all but the last should be missed")
    in_stop = [mail for mail in mails if began + SECOND // 5 < mail["started_ns"] < ended]
    run.expect(not in_stop, "a mail started while stopped")
    # The one at waking starts at once; the grid goes on with the next, about a second after it.
    at_waking = sum(ended < mail["started_ns"] < ended + SECOND // 2 for mail in mails)
    run.figures["starts at waking"] = at_waking
    run.expect(at_waking == 1, "not exactly one start at waking")
    run.check_all(mails)
    run.expect(all(mail["verdict"] == "delivered" for mail in mails), "not delivered")
    caught = next(mail for mail in mails if mail["id"] == in_flight)
    uncertainty = (caught["upper_ns"] - caught["lower_ns"]) / SECOND
    run.figures["uncertainty of the mail in flight"] = f"{uncertainty:.2f} s"
    run.expect(uncertainty >= seconds - 1, "the uncertainty does not cover the stop")
    return run.end()


def server_stopped_within_deadline(programs, seconds):
    """the server stopped, deadline longer"""
    run = Stop(programs, seconds, deadline=seconds + 30, grace=10, patience=seconds + 30)
    began, ended, in_flight = run.stop(run.server.process.pid)
    mails = run.judged_after(ended)
    run.check_all(mails)
    run.expect(all(mail["verdict"] == "delivered" for mail in mails), "not delivered")
    during = [mail for mail in mails if began < mail["started_ns"] < ended]
    run.figures["sent during the stop"] = len(during)
    run.expect(0 <= len(during) - seconds <= 2, "sampled less densely while stopped")
    touched = [*during, *(mail for mail in mails if mail["id"] == in_flight)]
    # Nobody could see them earlier than the server went on.
    run.expect(all(mail["upper_ns"] > ended for mail in touched), "a latency without the stop")
    longest = max(mail["upper_ns"] - mail["started_ns"] for mail in touched) / SECOND
    run.figures["longest round trip"] = f"{longest:.2f} s"
    run.expect(longest >= seconds - 1, "no latency holds the stop")
    run.expect(run.missed() == 0, "ticks missed by a daemon that ran")
    return run.end()


def server_stopped_beyond_deadline(programs, seconds):
    """the server stopped, deadline shorter"""
    deadline = max(2, seconds // 6)
    run = Stop(programs, seconds, deadline=deadline, grace=1, patience=seconds + 30,
               look_patience=1)
    began, ended, in_flight = run.stop(run.server.process.pid)
    mails = run.judged_after(ended)
    counts = run.check_all(mails)
    accepted = run.server.accepted()
    for mail in mails:
        if mail["verdict"] == "unobserved":
            run.expect(mail["id"] in accepted, f"{mail['id']}: unobserved, but never handed over")
        if mail["started_ns"] < began - 3 * SECOND:
            run.expect(mail["verdict"] == "delivered", f"{mail['id']}: {mail['verdict']} before it")
    caught = next(mail for mail in mails if mail["id"] == in_flight)
    run.figures["the mail in flight"] = caught["verdict"]
    run.expect(caught["verdict"] == "unobserved", "the mail in flight")
    dead = [mail for mail in mails
            if began < mail["started_ns"] < ended - (deadline + 1) * SECOND]
    run.expect(all(mail["verdict"] == "send_failed" and mail["cause"] == "timeout"
                   for mail in dead), "a mail to a stopped server")
    run.expect(len(dead) >= seconds - deadline - 4, "sampled less densely while stopped")
    run.expect(counts.get("send_failed", 0) >= len(dead), "send_failed")
    found = eventually("what arrived is found", lambda: run.daemon.metrics().total(
        "after_verdict_total", kind="found"))
    run.figures["found later"] = int(found)
    run.expect(run.missed() == 0, "ticks missed by a daemon that ran")
    return run.end()


SCENES = (daemon_stopped, server_stopped_within_deadline, server_stopped_beyond_deadline)


def play(mailprobed, loopback, seconds, number):
    """Runs one scene."""
    scene = SCENES[int(number)]
    figures, faults = scene((mailprobed, loopback), int(seconds))
    print(f"{scene.__doc__} ({seconds} s)")
    for name, value in figures.items():
        print(f"  {name:<36}{value}")
    summarize("stop", f"{scene.__doc__} {seconds} s: {figures['verdicts']}, {len(faults)} wrong")
    for fault in faults:
        print(f"  WRONG: {fault}")
    return 1 if faults else 0


def main(mailprobed, loopback, seconds="12"):
    """Runs all scenes at the same time, as most of each is waiting; each in a process of its own,
    as its end ends all children."""
    plays = [subprocess.Popen([sys.executable, "-B", __file__, mailprobed, loopback, seconds,
                               str(number)], stdout=subprocess.PIPE, text=True)
             for number in range(len(SCENES))]
    for one in plays:
        print(one.communicate()[0], end="")
    return max(one.returncode != 0 for one in plays)


if __name__ == "__main__":
    if not 3 <= len(sys.argv) <= 5:
        sys.exit(__doc__)
    sys.exit(play(*sys.argv[1:]) if len(sys.argv) == 5 else main(*sys.argv[1:]))
