# SPDX-License-Identifier: Apache-2.0
"""What the tests of the daemon's life share: a scene whose disk has moods, a service manager that
listens, and one way to end the daemon and look at what it left."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

_HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE.parent / "weather"), str(_HERE.parents[1] / "real")]
# pylint: disable=wrong-import-position
from scene import Scene  # noqa: E402,F401
from support.processes import eventually  # noqa: E402,F401

# The sanitizers' runtime cannot come first where a shim is loaded before it.
SHIM_OPTIONS = "verify_asan_link_order=0:detect_leaks=0"


class Manager:
    """The socket of a service manager: every message with the time it came (CLOCK_MONOTONIC)."""

    def __init__(self, folder):
        self.path = str(folder / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self._messages = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while text := self._socket.recv(65536):
            self._messages.append((time.monotonic(), text.decode().split("\n")))

    def messages(self):
        """All so far, as (time, lines)."""
        return list(self._messages)

    def times(self, line):
        """When messages with this line came."""
        return [at for at, lines in self.messages() if line in lines]

    def said(self, prefix):
        """The lines that begin so."""
        return [line for _, lines in self.messages() for line in lines if line.startswith(prefix)]

    def close(self):
        """Listens no more."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"", self.path)
        self._reader.join()
        self._socket.close()


class LifeTest(unittest.TestCase):
    """A scene for each test; MAILPROBED, LOOPBACK, DISK_SHIM and CLOCK_SHIM are set by main()."""

    programs = ()

    def setUp(self):
        self.mailprobed, loopback, self.disk_shim, self.clock_shim = self.programs
        self.scene = Scene(self.mailprobed, loopback)
        self.addCleanup(self.scene.close)
        self.disk_file = self.scene.folder / "disk"

    def disk(self, mood):
        """Sets the disk's mood: good, hang, slow or full."""
        self.disk_file.write_text({"good": "g", "hang": "h", "slow": "s", "full": "f",
                                   "read-only": "r"}[mood])

    def start(self, level="info", mood="good", **environment):
        """Starts the daemon on the disk with moods."""
        self.disk(mood)
        preload = " ".join([self.disk_shim, environment.pop("LD_PRELOAD", "")]).strip()
        return self.scene.run(level, LD_PRELOAD=preload, MAILPROBED_DISK_FILE=self.disk_file,
                              ASAN_OPTIONS=SHIM_OPTIONS, **environment)

    def serve(self, *faults):
        """The mail server with these faults and one mailbox, and an account and probe for it."""
        options = [word for fault in faults for word in ("--fault", fault)]
        self.scene.serve("--account", "a@test.invalid:a:secret", "--log-commands", *options)
        self.scene.account("a", {"timeouts": {"accept": "60s"}})
        self.scene.configuration.probe("a", interval="1s", deadline="60s")

    def faults(self, name=None):
        """The faults that struck."""
        return [event for event in self.scene.server.events("fault")
                if name in (None, event["text"])]

    def struck(self, count=1):
        """Waits until so many faults have struck."""
        return eventually(f"{count} faults strike", lambda: len(self.faults()) >= count)

    def end(self, *signals, within=5.0):
        """Sends the signals; returns the exit status and how long it took, which is at most what an
        operator waits."""
        process = self.scene.daemon._process  # pylint: disable=protected-access
        began = time.monotonic()
        for number in signals or (signal.SIGTERM,):
            os.kill(process.pid, number)
        try:
            status = process.wait(timeout=within + 10)
        except subprocess.TimeoutExpired:
            status = None
        took = time.monotonic() - began
        self.assertLess(took, within, self.scene.daemon.log()[-3000:])
        return status, took

    def ledger(self, *words):
        """What `mailprobed ledger` says, which must be content."""
        result = subprocess.run(
            [self.mailprobed, "--config", self.scene.configuration.write(), "ledger", *words],
            capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result.stdout

    def mails(self):
        """All mails of the ledger, after its own check of it."""
        self.ledger("verify")
        return [json.loads(line) for line in self.ledger("export").splitlines()]


def main(test_case):
    """Runs all tests of the calling module; the programs are the first four arguments."""
    LifeTest.programs = tuple(sys.argv[1:5])
    del test_case
    unittest.main(argv=[sys.argv[0], *sys.argv[5:]], module="__main__")
