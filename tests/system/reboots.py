# SPDX-License-Identifier: Apache-2.0
"""Reboots that are played by a preload in a drop-in of the unit: the identity of the boot and the
boot clock are others, all else of the sandbox is as shipped. And what the sandbox lets be read."""
import dataclasses
import os
import re
import sqlite3
import struct
import time
import uuid

from container import wait_until

SECOND = 1_000_000_000
HOUR = 3600 * SECOND


@dataclasses.dataclass(frozen=True)
class Played:
    library: str = "/usr/local/lib/mailprobed-clock.so"
    clocks: str = "/etc/mailprobed-played/clocks"
    boot_id: str = "/etc/mailprobed-played/boot_id"
    drop_in: str = "/etc/systemd/system/mailprobed.service.d/played.conf"


PLAYED = Played()


class Machine:
    """The machine as the daemon sees it."""

    def __init__(self, scene):
        self.box, self.main, self.wall = scene.box, scene.main, 0

    def power_on(self, uptime, told):
        """Starts the service on a machine that is up for so long; `told`: the unit says which boot
        it is, as systemd would, else nothing does."""
        boot = uptime - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        file = self.box.path(PLAYED.clocks)
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(struct.pack("=qq", self.wall, boot))
        identity = uuid.uuid4().hex if told else ""
        # The file of the identity is not there: the sandbox hides the true one.
        self.box.write(PLAYED.drop_in, f"""\
[Service]
Environment=LD_PRELOAD={PLAYED.library} MAILPROBED_CLOCK_FILE={PLAYED.clocks}
Environment=MAILPROBED_BOOT_ID_FILE={PLAYED.boot_id} MAILPROBED_BOOT_ID={identity}
""")
        self.box.run("systemctl daemon-reload; systemctl start mailprobed")
        wait_until("it serves", self.main.metrics, 10)

    def power_off(self, time_off):
        """Ends the daemon without a word; the machine is off for so long by the wall clock."""
        self.box.run("systemctl kill --signal=KILL mailprobed; systemctl stop mailprobed")
        self.wall += time_off

    def as_before(self):
        """The true clocks again."""
        self.power_off(0)
        folder = os.path.dirname(PLAYED.clocks)
        self.box.run(f"rm -r {PLAYED.drop_in} {folder}; systemctl daemon-reload; "
                     "systemctl start mailprobed")
        wait_until("it serves", self.main.metrics, 10)


def rows(scene, query):
    """What the ledger says; read from outside, for there is no reader of SQL inside."""
    path = scene.box.path("/var/lib/private/mailprobed/ledger.db")
    ledger = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        return ledger.execute(query).fetchall()
    finally:
        ledger.close()


def assert_true_times(scene):
    page = scene.main.metrics()
    for name in ("round_trip_seconds_sum", "last_round_trip_seconds", "delivery_seconds_sum"):
        values = [float(value) for value in
                  re.findall(rf"^mailprobed_{name}\{{.*\}} (\S+)$", page, re.M)]
        assert all(0 <= value < 3600 for value in values), (name, values)
    absurd = rows(scene, "SELECT COUNT(*) FROM mails WHERE verdict = 'delivered' AND"
                         " (upper_ns < started_ns OR upper_ns > started_ns + 60000000000)")
    assert absurd == [(0,)], absurd


def reboots(scene):
    """Mails on their way over two reboots, with less and with more uptime than before."""
    machine, main, seen = Machine(scene), scene.main, []
    machine.power_off(0)
    machine.power_on(100_000 * SECOND, told=True)
    for name, uptime, told in (("less uptime", 60 * SECOND, True),
                               ("more uptime", 900_000 * SECOND, False)):
        mails = main.in_flight("slow")
        machine.power_off(2 * SECOND)
        machine.power_on(uptime, told)
        verdicts = main.judged(mails, 30)
        assert set(verdicts) == {"delivered"}, (name, verdicts)
        assert_true_times(scene)
        seen.append(f"{len(mails)} delivered with {name}")
    mails = main.in_flight("slow")
    machine.power_off(HOUR)
    machine.power_on(900_100 * SECOND, told=False)
    verdicts = main.judged(mails, 30)
    assert set(verdicts) == {"unobserved"}, verdicts
    assert_true_times(scene)
    machine.as_before()
    return ", ".join(seen) + f"; {len(mails)} unobserved after an hour off"


def what_is_read(scene):
    """All that the daemon reads below /proc and /sys, as the unit's sandbox shows it."""
    scene.restart()
    true_id = scene.box.ask("cat /proc/sys/kernel/random/boot_id").replace("-", "")
    (known,), = rows(scene, "SELECT boot_id FROM runs ORDER BY run DESC LIMIT 1")
    assert known.replace("-", "") == true_id, (known, true_id)
    page = scene.main.metrics()
    seen = dict(re.findall(r"^(process_\w+) (\S+)$", page, re.M))
    for name in ("cpu_seconds_total", "resident_memory_bytes", "virtual_memory_bytes", "threads",
                 "open_fds", "max_fds"):
        assert float(seen[f"process_{name}"]) > 0, (name, seen)
    started = float(seen["process_start_time_seconds"])
    assert abs(time.time() - started) < 60, started
    return f"the boot's identity, and {len(seen)} figures of the process"
