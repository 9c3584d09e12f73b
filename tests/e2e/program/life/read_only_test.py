#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The daemon on a file system that the kernel made read-only after a fault: it probes on, says that
nothing is kept, and keeps everything again when that ends.

    read_only_test.py MAILPROBED LOOPBACK DISK_SHIM CLOCK_SHIM [TEST...]"""
import os
import signal
import subprocess

from life import LifeTest, SHIM_OPTIONS, eventually, main


class ReadOnly(LifeTest):
    """A ledger that cannot be written to for a while."""

    def healthy(self):
        """What the daemon says of its journal."""
        return self.scene.daemon.metrics().value("journal_healthy")

    def delivered(self):
        """How many mails it has seen arrive."""
        return self.scene.daemon.metrics().verdicts("a").get("delivered", 0)

    def deliver_more(self):
        """Waits for the verdict of a mail that was sent from now on."""
        before = self.delivered()
        eventually("further mails are judged", lambda: self.delivered() >= before + 2)

    def recover(self):
        """The disk works again, and everything of the time before is in the ledger."""
        delivered = self.delivered()
        self.disk("good")
        eventually("the journal recovers", lambda: self.healthy() == 1)
        self.deliver_more()
        self.assertEqual(self.end()[0], 0)
        self.assertGreater(
            sum(mail.get("verdict") == "delivered" for mail in self.mails()), delivered)

    def another(self):
        """The exit status of a second daemon on the same ledger and disk."""
        return subprocess.run(
            [self.mailprobed, "--config", str(self.scene.configuration.write())], check=False,
            timeout=60, capture_output=True, env={
                **os.environ, "LD_PRELOAD": self.disk_shim, "ASAN_OPTIONS": SHIM_OPTIONS,
                "MAILPROBED_DISK_FILE": str(self.disk_file)}).returncode

    def test_in_the_middle_it_goes_on_and_recovers(self):
        self.serve()
        self.start()
        eventually("a mail is judged", self.scene.judged)
        self.disk("read-only")
        eventually("it says so", lambda: self.healthy() == 0)
        self.deliver_more()
        self.recover()

    def test_at_start_it_takes_up_what_was_left_probes_and_recovers(self):
        self.serve("smtp DOT stall carry_out max=1")
        self.start()
        self.struck()
        # So that the ledger is as a machine leaves it that failed.
        self.scene.daemon._process.send_signal(signal.SIGKILL)  # pylint: disable=protected-access
        self.scene.daemon._process.wait()  # pylint: disable=protected-access
        daemon = self.start(mood="read-only")
        eventually("it says so", lambda: self.healthy() == 0)
        self.assertIn("Read-only file system", daemon.log())
        self.assertGreaterEqual(daemon.metrics().value("mails_restored_total", probe="a"), 1)
        self.deliver_more()
        self.assertEqual(self.another(), 69, "two daemons have one ledger")
        self.recover()

    def test_a_ledger_that_never_was_begins_when_it_can(self):
        self.serve()
        self.scene.configuration.folder.joinpath("state").mkdir(mode=0o700)
        self.start(mood="read-only")
        eventually("it says so", lambda: self.healthy() == 0)
        self.deliver_more()
        self.recover()


if __name__ == "__main__":
    main(ReadOnly)
