#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the daemon tells its service manager, and when it is silent.

    notify_test.py MAILPROBED LOOPBACK DISK_SHIM CLOCK_SHIM [TEST...]"""
import os
import re
import signal
import socket
import struct
import subprocess
import time

from life import LifeTest, Manager, SHIM_OPTIONS, eventually, main

# Short, so that what goes wrong shows soon; a loaded machine must still get its turn within it.
WATCHDOG = 3.0
HOUR = 3600 * 1_000_000_000


class Notify(LifeTest):
    """The daemon as its service manager hears it."""

    def setUp(self):
        super().setUp()
        self.manager = Manager(self.scene.folder)
        self.addCleanup(self.manager.close)

    def managed(self, level="info", watchdog=WATCHDOG, **environment):
        """Starts the daemon under the manager's eyes."""
        return self.start(level, NOTIFY_SOCKET=self.manager.path,
                          WATCHDOG_USEC=int(watchdog * 1e6), **environment)

    def gaps(self, since, until):
        """The longest time between two signs of life."""
        times = [since] + [at for at in self.manager.times("WATCHDOG=1") if since < at < until]
        return max(after - before for before, after in zip(times, times[1:] + [until]))

    def watch(self, seconds):
        """Lets time pass, which is what is tried here; returns its bounds."""
        since = time.monotonic()
        time.sleep(seconds)
        return since, time.monotonic()

    def run_to_end(self, **environment):
        """A daemon that is to end by itself; its exit status."""
        command = [self.mailprobed, "--config", str(self.scene.configuration.write())]
        return subprocess.run(command, check=False, timeout=60, capture_output=True, env={
            **os.environ, "NOTIFY_SOCKET": self.manager.path, **environment}).returncode

    def test_it_is_ready_once_it_has_its_configuration_its_journal_and_its_port(self):
        self.serve("smtp DOT stall carry_out max=1")
        self.start()
        self.struck()
        self.end()  # leaves a mail behind
        daemon = self.managed()
        eventually("it is ready", lambda: self.manager.times("READY=1"))
        self.assertEqual(self.manager.messages()[0][1][0], "READY=1")
        self.assertEqual(daemon.get("/-/ready"), "ready\n")
        self.assertGreaterEqual(daemon.metrics().value("mails_restored_total", probe="a"), 1)
        self.assertRegex(self.manager.said("STATUS=")[0],
                         r"^STATUS=1 probe, [1-9]\d* mails? pending; 1 probe without a verdict$")
        self.assertEqual(len(self.manager.times("READY=1")), 1)

    def test_it_is_never_ready_with_a_bad_configuration_or_a_taken_port_or_ledger(self):
        self.serve()
        taken = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(taken.close)
        self.scene.configuration.general(web={"listen": f"127.0.0.1:{taken.getsockname()[1]}"})
        self.assertEqual(self.run_to_end(), 69)
        self.scene.configuration.general(web={"listen": "127.0.0.1:0"})
        self.start()
        self.assertEqual(self.run_to_end(), 69)
        self.scene.configuration.general(nonsense=1)
        self.assertEqual(self.run_to_end(), 78)
        self.assertEqual(self.manager.messages(), [])

    def test_a_password_command_that_fails_once_is_tried_again_and_not_given_up(self):
        self.serve()
        failed = self.scene.folder / "failed"
        script = f"test -e {failed} || {{ touch {failed}; exit 1; }}; echo secret"
        command = {"command": ["/bin/sh", "-c", script]}
        self.scene.account("b", smtp={"password": command})
        self.scene.configuration.probe("b")
        # The units try again after this status, and not after 78.
        self.assertEqual(self.run_to_end(), 69)
        self.managed()
        self.end()
        failed.unlink()
        self.scene.configuration.general(nonsense=1)
        self.assertEqual(self.run_to_end(), 78)

    def test_a_key_that_cannot_be_read_now_is_tried_again_and_a_wrong_place_is_not(self):
        self.serve()
        state = self.scene.configuration.folder / "state"
        state.mkdir(mode=0o700)
        del self.scene.configuration._document["tag_key"]  # pylint: disable=protected-access
        key = state / "tag.key"
        key.mkdir()  # reading a folder fails, whoever reads
        self.assertEqual(self.run_to_end(), 78)
        key.rmdir()
        self.disk("full")
        self.assertEqual(self.run_to_end(LD_PRELOAD=self.disk_shim, ASAN_OPTIONS=SHIM_OPTIONS,
                                         MAILPROBED_DISK_FILE=str(self.disk_file)), 70)
        self.assertEqual([file.name for file in state.iterdir()], [])

    def test_the_status_follows_the_verdicts_and_comes_once_a_second_at_most(self):
        self.serve()
        self.scene.configuration.probe("b", **{"from": "a", "to": "a"}, interval="1s")
        self.managed()
        eventually("verdicts are told", lambda: any(
            "last verdicts: 2 delivered" in line for line in self.manager.said("STATUS=")))
        self.watch(4)
        told = [at for at, lines in self.manager.messages()
                if any(line.startswith("STATUS=") for line in lines)]
        self.assertGreater(min(after - before for before, after in zip(told, told[1:])), 0.8)
        said = self.manager.said("STATUS=")
        self.assertTrue(all(line != then for line, then in zip(said, said[1:])), said)

    def test_it_shows_life_twice_per_watchdog_time_and_tells_when_it_stops(self):
        self.serve("smtp DOT stall")
        self.managed()
        self.struck()
        self.assertLess(self.gaps(*self.watch(6)), WATCHDOG * 0.75)
        self.end()
        times = self.manager.times("STOPPING=1")
        self.assertEqual(len(times), 1)
        after = [lines for at, lines in self.manager.messages() if at > times[0]]
        self.assertFalse([lines for lines in after if lines != ["WATCHDOG=1"]])

    def test_a_full_disk_or_a_slow_one_is_no_reason_to_be_restarted(self):
        self.serve()
        daemon = self.managed()
        eventually("a mail is judged", self.scene.judged)
        for mood in ("slow", "full"):
            self.disk(mood)
            self.assertLess(self.gaps(*self.watch(3 * WATCHDOG)), WATCHDOG, mood)
        self.assertEqual(daemon.metrics().value("journal_healthy"), 0)
        self.assertNotIn("standstill", daemon.log())

    def test_a_writer_that_stands_still_for_longer_than_the_watchdog_time_is(self):
        self.serve()
        daemon = self.managed()
        eventually("a mail is judged", self.scene.judged)
        self.disk("hang")
        eventually("the daemon says what stands still", lambda: re.search(
            r"level=error event=standstill part=journal", daemon.log()))
        since, until = self.watch(2 * WATCHDOG)
        self.assertEqual([at for at in self.manager.times("WATCHDOG=1") if since < at < until], [])
        # The event loop goes on all the while.
        self.assertEqual(daemon.get("/-/healthy"), "healthy\n")
        self.disk("good")
        eventually("it lives again", lambda: self.manager.times("WATCHDOG=1")[-1] > until)

    def test_a_suspend_is_not_mistaken_for_a_standstill(self):
        self.serve()
        clocks = self.scene.folder / "clocks"
        clocks.write_bytes(struct.pack("=qq", 0, 0))
        daemon = self.managed(LD_PRELOAD=self.clock_shim, MAILPROBED_CLOCK_FILE=clocks)
        eventually("a mail is judged", self.scene.judged)
        # Several, so that each part of the daemon is once the first to notice.
        for count in range(1, 7):
            with open(clocks, "r+b", buffering=0) as moved:
                moved.write(struct.pack("=qq", count * HOUR, count * HOUR))
            self.assertLess(self.gaps(*self.watch(1.7)), WATCHDOG)
        self.assertNotIn("standstill", daemon.log())
        self.assertGreater(daemon.metrics().total("ticks_missed_total", probe="a"), 3000)

    def test_a_machine_at_its_limit_is_not_mistaken_for_a_standstill(self):
        self.serve()
        for number in range(100):
            self.scene.configuration.probe(f"p{number}", **{"from": "a", "to": "a"}, interval="1s")
        daemon = self.managed(watchdog=10)
        eventually("a mail is judged", self.scene.judged)
        burners = [subprocess.Popen(["sh", "-c", "while :; do :; done"])
                   for _ in range(2 * os.cpu_count())]
        try:
            gap = self.gaps(*self.watch(12))
        finally:
            for burner in burners:
                burner.kill()
                burner.wait()
        self.assertLess(gap, 10)
        self.assertNotIn("standstill", daemon.log())

    def test_a_stopped_process_is_silent(self):
        self.serve()
        daemon = self.managed()
        eventually("it lives", lambda: self.manager.times("WATCHDOG=1"))
        os.kill(daemon.pid, signal.SIGSTOP)
        since, until = self.watch(WATCHDOG)
        os.kill(daemon.pid, signal.SIGCONT)
        self.assertFalse([at for at in self.manager.times("WATCHDOG=1") if since + .1 < at < until])

    def test_without_a_service_manager_nothing_is_told(self):
        self.serve()
        self.start()
        eventually("a mail is judged", self.scene.judged)
        self.assertEqual(self.end()[0], 0)
        self.assertEqual(self.manager.messages(), [])


if __name__ == "__main__":
    main(Notify)
