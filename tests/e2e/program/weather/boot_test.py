# SPDX-License-Identifier: Apache-2.0
"""The whole daemon over reboots that a preload plays: another identity of the boot or none that can
be read, an uptime that is smaller or larger than before, a wall clock that is wrong for a while; and
what else may change between two runs: the key, the ledger, the machine itself.

    boot_test.py MAILPROBED LOOPBACK SHIM [option of unittest...]"""
import os
import pathlib
import shutil
import signal
import struct
import sys
import time
import unittest
import urllib.request
import uuid

from scene import SECOND, Scene
from support.processes import eventually

HOUR = 3600 * SECOND
DAY = 24 * HOUR
HIDDEN = None


class BootCase(unittest.TestCase):
    """A daemon on a machine whose clocks and boots the test plays. It sends when it is told to."""

    programs = ()
    shim = None

    def begin(self, delay="100ms", faults=(), **probe):
        self.scene = Scene(*self.programs)
        self.addCleanup(self.scene.close)
        self.folder = self.scene.folder
        self.wall = 0
        self.boot = 0
        self.scene.serve("--account", "a@test.invalid:a:secret", "--delay", delay,
                         *(word for fault in faults for word in ("--fault", fault)))
        self.scene.account("a")
        self.scene.configuration.probe("a", **{"interval": "7d", "deadline": "40s",
                                               "verdict_grace": "10s", **probe})

    def move(self):
        with open(os.open(self.folder / "clocks", os.O_WRONLY | os.O_CREAT, 0o600), "wb", 0) as file:
            file.write(struct.pack("=qq", self.wall, self.boot))

    def power_on(self, uptime, identity=None):
        """Starts the daemon on a machine that is up for so long."""
        self.boot = uptime - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        self.move()
        file = self.folder / "boot_id"
        file.unlink(missing_ok=True)
        if identity is not HIDDEN:
            file.write_text(identity + "\n")
        self.start()

    def start(self):
        self.scene.run("debug", LD_PRELOAD=self.shim, MAILPROBED_CLOCK_FILE=self.folder / "clocks",
                       MAILPROBED_BOOT_ID_FILE=self.folder / "boot_id")

    def power_off(self, how=signal.SIGKILL, time_off=0):
        """Ends it without a word; the machine is off for so long by the wall clock."""
        os.kill(self.scene.daemon.pid, how)
        eventually("it is gone", lambda: self.scene.daemon._process.poll() is not None)
        self.wall += time_off

    def pass_time(self, nanoseconds):
        """As a suspend does."""
        self.wall += nanoseconds
        self.boot += nanoseconds
        self.move()

    def power_on_again(self, after):
        """The same boot, so long later: its clock never goes back, however long the run before took."""
        self.pass_time(after)
        self.start()

    def send(self):
        """Sends a mail; returns when the daemon has noted that the server took it."""
        request = urllib.request.Request(f"{self.scene.daemon.url}/api/v1/probes/a/run",
                                         method="POST",
                                         headers={"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=10).close()
        eventually("a mail is on its way", lambda: [
            mail for mail in self.scene.ledger.mails()
            if mail["verdict"] or mail["progress"] == "accepted"])

    def verdict(self, within=60):
        return eventually("it has its verdict", self.scene.judged, within=within)[0]

    def detail(self, word):
        """Waits for the words of the verdict: a record of their own, written after it."""
        eventually(f"its detail says {word}", lambda: [
            mail for mail in self.scene.judged() if word in mail["detail"]])

    def assert_true_numbers(self):
        metrics = self.scene.daemon.metrics()
        self.assertEqual(metrics.value("round_trip_seconds_count", probe="a"), 0)
        self.assertEqual(metrics.value("round_trip_seconds_sum", probe="a"), 0)
        self.assertGreaterEqual(metrics.value("last_round_trip_seconds", probe="a") or 0, 0)
        self.assertEqual(
            metrics.total("mails_started_total") + metrics.total("mails_restored_total"),
            metrics.total("verdicts_total") + metrics.total("pending_mails"))


class Reboot(BootCase):
    UPTIMES = {"smaller": 60 * SECOND, "equal": 100_000 * SECOND, "larger": 900_000 * SECOND}
    IDENTITIES = {"hidden": (HIDDEN, HIDDEN), "told": (str(uuid.uuid4()), str(uuid.uuid4())),
                  "told, then hidden": (str(uuid.uuid4()), HIDDEN)}

    def reboot_with_a_mail_under_way(self, identities, uptime, time_off, **more):
        self.begin(**more)
        self.power_on(100_000 * SECOND, identities[0])
        self.send()
        self.power_off(time_off=time_off)
        self.power_on(uptime + 20 * SECOND, identities[1])

    def test_a_mail_that_came_after_its_deadline_is_not_delivered_whatever_the_uptime(self):
        for identity, ids in self.IDENTITIES.items():
            for relation, uptime in self.UPTIMES.items():
                with self.subTest(identity=identity, uptime=relation):
                    self.reboot_with_a_mail_under_way(ids, uptime, HOUR)
                    self.assertEqual(self.verdict()["verdict"], "unobserved")
                    self.assert_true_numbers()

    def test_a_mail_that_is_looked_for_in_time_is_delivered_and_not_measured(self):
        for identity, ids in self.IDENTITIES.items():
            for relation, uptime in self.UPTIMES.items():
                with self.subTest(identity=identity, uptime=relation):
                    self.reboot_with_a_mail_under_way(ids, uptime, 5 * SECOND)
                    mail = self.verdict()
                    self.assertEqual((mail["verdict"], mail["unmeasured"]), ("delivered", 1))
                    self.assertLess(mail["upper_ns"] - mail["started_ns"], 40 * SECOND)
                    self.assert_true_numbers()

    def test_a_mail_that_never_comes_is_lost_at_its_deadline(self):
        for relation, uptime in self.UPTIMES.items():
            with self.subTest(uptime=relation):
                self.reboot_with_a_mail_under_way((HIDDEN, HIDDEN), uptime, 5 * SECOND,
                                                  faults=["smtp DOT lose"])
                time.sleep(1)
                self.assertFalse(self.scene.judged(), "its deadline is to come")
                self.pass_time(30 * SECOND)
                self.assertEqual(self.verdict()["verdict"], "lost")

    def test_a_restored_snapshot_has_the_same_identity_and_is_another_boot(self):
        same = str(uuid.uuid4())
        self.reboot_with_a_mail_under_way((same, same), 60 * SECOND, HOUR)
        self.assertEqual(self.verdict()["verdict"], "unobserved")
        self.assert_true_numbers()

    def test_a_restart_within_one_boot_keeps_measuring_from_its_start(self):
        same = str(uuid.uuid4())
        self.begin()
        self.power_on(100_000 * SECOND, same)
        self.send()
        started = self.scene.ledger.mails()[0]["started_ns"]
        self.power_off()
        self.wall += HOUR
        self.move()
        self.start()
        mail = self.verdict()
        self.assertEqual((mail["verdict"], mail["started_ns"]), ("delivered", started))


class WrongClock(BootCase):
    def sent_while_the_clock_was(self, wrong):
        """A machine that comes up with a wrong clock, which is set a moment later; then a mail."""
        self.power_on_with(wrong)
        self.wall -= wrong
        self.move()
        self.send()

    def power_on_with(self, wrong):
        self.wall += wrong
        self.power_on(500 * SECOND, str(uuid.uuid4()))

    def test_a_clock_that_was_behind_at_the_start_makes_no_mail_old(self):
        self.begin(delay="4s")
        self.sent_while_the_clock_was(-HOUR)
        self.power_off(time_off=2 * SECOND)
        self.power_on(20 * SECOND, str(uuid.uuid4()))
        self.assertEqual(self.verdict()["verdict"], "delivered")

    def test_a_clock_that_was_ahead_at_the_start_makes_no_mail_young(self):
        self.begin()
        self.sent_while_the_clock_was(HOUR)
        self.power_off(time_off=60 * SECOND)
        self.power_on(20 * SECOND, str(uuid.uuid4()))
        self.assertEqual(self.verdict()["verdict"], "unobserved")

    def test_a_step_while_a_mail_is_on_its_way_is_recorded_and_its_age_stays_true(self):
        self.begin(faults=["smtp DOT lose"])
        self.power_on_with(HOUR)
        self.send()
        self.wall -= HOUR
        self.move()
        eventually("the step is recorded", lambda: abs(self.clock_error()) < HOUR // 4)
        self.power_off(time_off=5 * SECOND)
        self.power_on(20 * SECOND, str(uuid.uuid4()))
        time.sleep(1)
        self.assertFalse(self.scene.judged(), "its deadline is to come")
        self.pass_time(30 * SECOND)
        self.assertEqual(self.verdict()["verdict"], "lost")

    def clock_error(self):
        """By how much the clock that the ledger has of this boot differs from the true one."""
        with self.scene.ledger.open() as ledger:
            boot, wall = ledger.execute(
                "SELECT boot_ns, wall_ns FROM runs ORDER BY run DESC LIMIT 1").fetchone()
        true = time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME) + self.wall - self.boot
        return wall - boot - true

    def test_a_clock_behind_the_ledger_tells_no_age_so_that_nothing_is_called_delivered(self):
        self.begin()
        self.power_on(500 * SECOND, str(uuid.uuid4()))
        self.send()
        self.power_off(time_off=-HOUR)
        self.power_on(20 * SECOND, str(uuid.uuid4()))
        mail = self.verdict()
        self.assertEqual(mail["verdict"], "unobserved")
        self.detail("clock")

    def test_a_clock_that_is_set_after_the_reboot_moves_deadlines_along(self):
        self.begin(faults=["smtp DOT lose"], deadline="1h", verdict_grace="2m")
        self.power_on(500 * SECOND, str(uuid.uuid4()))
        self.send()
        self.power_off(time_off=5 * SECOND)
        self.wall += HOUR // 2
        self.power_on(20 * SECOND, str(uuid.uuid4()))
        self.wall -= HOUR // 2
        self.move()
        eventually("the step is recorded", lambda: abs(self.clock_error()) < HOUR // 4)
        self.pass_time(HOUR // 2 + 60 * SECOND)
        time.sleep(3)
        self.assertFalse(self.scene.judged(), "by the wrong clock it was over")
        self.pass_time(HOUR // 2 - 20 * SECOND)
        self.assertEqual(self.verdict()["verdict"], "lost")

    def test_a_clock_that_is_ahead_for_moments_deletes_no_history(self):
        self.begin(interval="1s")
        same = str(uuid.uuid4())
        self.power_on(500 * SECOND, same)
        eventually("mails are judged", lambda: len(self.scene.judged()) >= 3)
        self.power_off(signal.SIGTERM)
        before = {mail["id"] for mail in self.scene.judged()}
        for ahead in (0, 40 * DAY):
            self.wall += ahead
            self.move()
            self.start()
            self.wall += 40 * DAY - ahead
            self.move()
            known = len(self.scene.judged())
            eventually("it writes on", lambda: len(self.scene.judged()) > known)
            self.wall -= 40 * DAY
            self.move()
            time.sleep(2)
            self.power_off(signal.SIGTERM)
            self.assertLessEqual(before, {mail["id"] for mail in self.scene.judged()})


class Keys(BootCase):
    def lose_the_key(self, how, faults=()):
        # A look within the grace says why; after it nobody looked, whatever the key.
        self.begin(deadline="6s", verdict_grace="40s", faults=faults)
        self.scene.configuration.general(tag_key=None)
        self.scene.configuration._document.pop("tag_key")
        self.power_on(500 * SECOND, "same")
        if faults:
            self.run_without_answer()
        else:
            self.send()
        self.power_off()
        how()
        self.power_on_again(10 * SECOND)
        return self.verdict()

    def run_without_answer(self):
        request = urllib.request.Request(f"{self.scene.daemon.url}/api/v1/probes/a/run",
                                         method="POST",
                                         headers={"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=10).close()
        eventually("a mail has no answer", lambda: [
            mail for mail in self.scene.ledger.mails() if mail["progress"] == "unconfirmed"])

    @property
    def key(self):
        return self.folder / "mailprobed" / "state" / "tag.key"

    def test_a_mail_of_a_key_that_is_gone_is_unobserved_and_not_lost(self):
        mail = self.lose_the_key(lambda: self.key.unlink())
        self.assertEqual(mail["verdict"], "unobserved")
        self.detail("key")

    def test_a_mail_whose_configured_key_was_changed_at_a_restart_is_unobserved(self):
        mail = self.lose_the_key(lambda: self.scene.configuration.general(
            tag_key={"file": self.scene.configuration._secret("other", "fedcba9876543210" * 4)}))
        self.assertEqual(mail["verdict"], "unobserved")

    def test_an_unconfirmed_mail_of_a_key_that_is_gone_is_unobserved_and_not_failed(self):
        mail = self.lose_the_key(lambda: self.key.unlink(),
                                 faults=["smtp DOT keep_and_drop max=1"])
        self.assertEqual(mail["verdict"], "unobserved")

    def test_with_the_key_as_the_one_before_it_is_delivered(self):
        self.begin()
        self.power_on(500 * SECOND, "same")
        self.send()
        self.power_off()
        keys = [self.scene.configuration._secret(name, text * 4) for name, text in
                (("next", "fedcba9876543210"), ("before", "0123456789abcdef"))]
        self.scene.configuration.general(
            tag_key={"file": keys[0], "previous": {"file": keys[1]}})
        self.power_on_again(10 * SECOND)
        self.assertEqual(self.verdict()["verdict"], "delivered")


class Copies(BootCase):
    """A machine that was cloned while the daemon was stopped: two have one instance, key, ledger."""

    def test_two_copies_of_one_daemon_leave_each_others_mails_alone(self):
        self.begin(interval="1s", deadline="10s", verdict_grace="5s", delay="700ms")
        self.power_on(500 * SECOND, str(uuid.uuid4()))
        eventually("mails are judged", lambda: len(self.scene.judged()) >= 2)
        self.power_off(signal.SIGTERM)
        one, two = self.scene.configuration, self.folder / "other"
        shutil.copytree(one.folder / "state", two / "state")
        self.start()
        first = self.scene.daemon
        one.general(state_directory=str(two / "state"))
        config, one.folder = one.folder, two
        self.start()
        second = self.scene.daemon
        one.folder = config
        for daemon in (first, second):
            eventually("it has seen the other's", lambda d=daemon: d.metrics().value(
                "mailbox_tags_rejected_total", mailbox="a", reason="other_daemon"))
        time.sleep(8)
        for daemon in (first, second):
            metrics = daemon.metrics()
            self.assertGreater(metrics.verdicts("a")["delivered"], 3)
            # A mail that was on its way when the machine was cloned belongs to both.
            verdicts = metrics.verdicts("a")
            self.assertLessEqual(sum(verdicts.values()) - verdicts["delivered"], 1)
            self.assertEqual(metrics.value("after_verdict_total", probe="a", kind="orphan") or 0, 0)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    BootCase.programs, BootCase.shim = sys.argv[1:3], sys.argv[3]
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
