# SPDX-License-Identifier: Apache-2.0
"""The whole daemon while its clocks are moved under it: the wall clock steps by hours and decades,
the boot clock jumps as after a suspend. No mail is judged wrongly, no latency is false, nothing
bursts, and what was missed is counted.

    clock_test.py MAILPROBED LOOPBACK SHIM [option of unittest...]"""
import calendar
import os
import re
import signal
import struct
import sys
import time
import unittest

from scene import SECOND, Scene, contains_truth
from support.processes import eventually

HOUR = 3600 * SECOND
INTERVAL = 2 * SECOND


def unix(*date):
    """Nanoseconds of Unix time of a date in UTC."""
    return calendar.timegm(date) * SECOND


# The wall clock is set to a moment shortly before what could go wrong, and goes through it.
WALL_STEPS = {
    "an hour ahead": lambda now: now + HOUR,
    "an hour back": lambda now: now - HOUR,
    "summer time begins in Berlin": lambda now: unix(2027, 3, 28, 0, 59, 58),
    "summer time ends in Berlin": lambda now: unix(2027, 10, 31, 0, 59, 58),
    "the end of 32 bits": lambda now: unix(2038, 1, 19, 3, 14, 6),
    "the end of 32 bits without sign": lambda now: unix(2106, 2, 7, 6, 28, 14),
    "before the epoch": lambda now: -1 * SECOND,
    "back to the truth": lambda now: now,
}


def off_grid(ticks, anchor):
    """How far ticks are off the grid through one of them, but for the worst of five: the connection
    of a mail may have waited for a busy machine."""
    off = sorted(abs((tick - anchor + INTERVAL // 2) % INTERVAL - INTERVAL // 2) for tick in ticks)
    return off[(len(off) - 1) * 4 // 5]


class ClockCase(unittest.TestCase):
    """A daemon whose clocks the test moves."""

    programs = ()
    shim = None

    def start(self, delay="100ms", faults=(), timeouts=None, **probe):
        self.scene = Scene(*self.programs)
        self.addCleanup(self.scene.close)
        self.clocks = self.scene.folder / "clocks"
        self.wall = self.boot = 0
        self.move()
        self.scene.serve("--account", "a@test.invalid:a:secret", "--delay", delay,
                         *(word for fault in faults for word in ("--fault", fault)))
        self.scene.account("a", {"timeouts": timeouts or {}})
        self.scene.configuration.probe("a", **{"interval": "2s", "deadline": "60s",
                                               "verdict_grace": "10s", **probe})
        self.run_daemon()

    def run_daemon(self):
        self.scene.run("debug", LD_PRELOAD=self.shim, MAILPROBED_CLOCK_FILE=self.clocks,
                       TZ="Europe/Berlin")

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before and self.log:
            print("--- mailprobed\n" + self.log, file=sys.stderr)
        return result

    def tearDown(self):
        self.log = self.scene.daemon.log()

    log = ""

    def move(self):
        """Gives the clocks their offsets."""
        with open(os.open(self.clocks, os.O_WRONLY | os.O_CREAT, 0o600), "wb", 0) as file:
            file.write(struct.pack("=qq", self.wall, self.boot))

    def suspend(self, nanoseconds):
        """Moves the boot clock, and the wall clock with it."""
        self.wall += nanoseconds
        self.boot += nanoseconds
        self.move()

    def wait_for_mails(self, count):
        """Waits until so many more mails have their verdict; returns all that have."""
        wanted = len(self.scene.judged()) + count
        return eventually("mails are judged", lambda: (
            mails if len(mails := self.scene.judged()) >= wanted else None))

    def missed(self):
        return self.scene.daemon.metrics().value("ticks_missed_total", probe="a",
                                                 reason="stalled")

    def assert_grid(self, mails):
        """Every slot of the grid was used at most once, those that were not are counted."""
        lags = {mail: float(lag) for mail, lag in re.findall(
            r"event=mail_started .*mail=(\w+) start_lag=(\S+)", self.scene.daemon.log())}
        self.assertTrue(all(0 <= lag * SECOND < INTERVAL for lag in lags.values()), lags)
        ticks = [mail["started_ns"] - round(lags[mail["id"]] * SECOND) for mail in mails]
        off, anchor = min((off_grid(ticks, tick), tick) for tick in ticks)
        self.assertLess(off, INTERVAL // 8, "the grid has moved")
        slots = [round((tick - anchor) / INTERVAL) for tick in ticks]
        self.assertEqual(len(set(slots)), len(slots), "two starts in one slot")
        self.assertEqual(len(slots) + self.missed(), slots[-1] - slots[0] + 1,
                         "ticks are not accounted for")

    def assert_identity(self):
        metrics = self.scene.daemon.metrics()
        self.assertEqual(
            metrics.total("mails_started_total") + metrics.total("mails_restored_total"),
            metrics.total("verdicts_total") + metrics.total("pending_mails"))


class WallClock(ClockCase):
    def test_steps_of_the_wall_clock_move_no_start_no_latency_and_no_verdict(self):
        self.start()
        self.wait_for_mails(1)
        for name, target in WALL_STEPS.items():
            with self.subTest(name):
                now = time.time_ns()
                self.wall = target(now) - now
                self.move()
                mails = self.wait_for_mails(2)
                self.assertLess(abs(mails[-1]["wall_ns"] - target(now)), 60 * SECOND,
                                "the daemon did not see the step")
        mails = self.scene.judged()
        self.check(mails)
        metrics = self.scene.daemon.metrics()
        self.assertEqual(metrics.verdicts("a"), {"delivered": len(mails)})
        self.assert_identity()
        rounds = metrics.value("round_trip_seconds_sum", probe="a")
        self.assertGreater(rounds, 0)
        self.assertLess(rounds / len(mails), 2.0)
        self.assertLess(metrics.value("start_lag_seconds_sum", probe="a") / len(mails), 1.0)
        self.assertEqual(metrics.value("unmeasured_mails_total", probe="a"), 0)

    def check(self, mails):
        visible = self.scene.server.visible()
        for mail in mails:
            self.assertEqual(mail["verdict"], "delivered")
            self.assertLess(mail["started_ns"], mail["upper_ns"])
            self.assertLess(mail["upper_ns"] - mail["started_ns"], 5 * SECOND)
            self.assertTrue(contains_truth(mail, visible[mail["id"]]), mail)
        self.assert_grid(mails)

    def test_a_restart_after_the_clock_was_set_back_is_neither_silent_nor_sends_twice(self):
        self.start(delay="4s")
        self.wait_for_mails(1)
        stopped = self.scene.daemon.stop()
        self.assertEqual(stopped, 0)
        before = self.scene.ledger.mails()
        pending = [mail["id"] for mail in before if not mail["verdict"]]
        self.assertTrue(pending, "nothing was on its way")
        self.wall = -HOUR
        self.move()
        self.run_daemon()
        self.assertEqual(self.scene.daemon.metrics().value("mails_restored_total", probe="a"),
                         len(pending))
        mails = self.wait_for_mails(len(pending) + 2)
        visible = self.scene.server.visible()
        for mail in mails:
            self.assertEqual(mail["verdict"], "delivered")
            self.assertTrue(contains_truth(mail, visible[mail["id"]]), mail)
        self.assertEqual(len(self.scene.server.events("mail")),
                         len({mail["id"] for mail in self.scene.ledger.mails()}))
        self.assert_identity()


class Suspend(ClockCase):
    def test_an_hour_of_suspend_is_one_start_and_missed_ticks(self):
        self.start()
        self.wait_for_mails(2)
        self.scene.idle("a")
        self.suspend(HOUR)
        mails = self.wait_for_mails(3)
        self.assertAlmostEqual(self.missed(), HOUR / INTERVAL, delta=2)
        self.assert_grid(mails)
        visible = self.scene.server.visible()
        for mail in mails:
            self.assertEqual(mail["verdict"], "delivered")
            self.assertLess(mail["upper_ns"] - mail["started_ns"], 5 * SECOND)
            moved = 0 if mail["started_ns"] < mails[0]["started_ns"] + HOUR // 2 else HOUR
            self.assertTrue(contains_truth(mail, visible[mail["id"]], moved), mail)
        self.assert_identity()

    def test_a_daemon_that_sleeps_for_minutes_notices_a_suspend_within_seconds(self):
        self.start(interval="10m")
        before = len(self.scene.ledger.mails())
        # Nothing else may wake it, so its pages are left alone.
        self.suspend(HOUR)
        eventually("a mail starts", lambda: len(self.scene.ledger.mails()) > before, within=5)
        self.assertAlmostEqual(self.missed(), 5, delta=1)

    def sleep_while_a_mail_arrives(self, nanoseconds):
        """A suspend during which the next mail becomes visible; returns its id."""
        known = self.scene.server.accepted()
        mail = eventually("a mail is on its way",
                          lambda: next(iter(self.scene.server.accepted() - known), None))
        os.kill(self.scene.daemon.pid, signal.SIGSTOP)
        self.suspend(nanoseconds)
        eventually("it has arrived", lambda: mail in self.scene.server.visible())
        os.kill(self.scene.daemon.pid, signal.SIGCONT)
        return eventually("it is judged", lambda: next(
            (row for row in self.scene.judged() if row["id"] == mail), None))

    def test_what_arrived_while_nobody_was_awake_is_delivered_and_its_uncertainty_says_so(self):
        self.start(delay="3s", interval="8s")
        mail = self.sleep_while_a_mail_arrives(30 * SECOND)
        self.assertEqual(mail["verdict"], "delivered")
        self.assertGreater(mail["upper_ns"] - mail["lower_ns"], 30 * SECOND)
        self.assertGreater(mail["upper_ns"] - mail["started_ns"], 30 * SECOND)
        at = self.scene.server.visible()[mail["id"]]
        self.assertLessEqual(mail["lower_ns"], at)
        self.assertLessEqual(at, mail["upper_ns"] - 30 * SECOND)

    def test_a_mail_whose_grace_was_slept_through_is_unobserved_and_found_later_not_lost(self):
        self.start(delay="3s", interval="8s")
        mail = self.sleep_while_a_mail_arrives(HOUR)
        self.assertEqual(mail["verdict"], "unobserved")
        eventually("it is found after its verdict", lambda: self.scene.daemon.metrics().value(
            "after_verdict_total", probe="a", kind="found"))
        self.assertEqual(self.scene.daemon.metrics().total("verdicts_total", verdict="lost"), 0)

    def test_a_suspend_while_the_server_thinks_about_the_dot_is_no_loss(self):
        self.start(faults=["smtp DOT delay for=2s max=1"], interval="8s", deadline="120s",
                   timeouts={"accept": "20s"})
        eventually("the mail is handed over",
                   lambda: self.scene.server.events("fault"))
        self.suspend(40 * SECOND)
        mail = eventually("it is judged", self.scene.judged)[0]
        self.assertEqual(mail["verdict"], "delivered")
        self.assertEqual(self.scene.daemon.metrics().total("send_failures_total"), 0)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    ClockCase.programs, ClockCase.shim = sys.argv[1:3], sys.argv[3]
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
