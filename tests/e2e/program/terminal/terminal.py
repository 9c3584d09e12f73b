# SPDX-License-Identifier: Apache-2.0
"""A program at a terminal of its own: what it writes there, and the keys and sizes it gets."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time


class AtTerminal:
    """A running program whose standard error, and output unless it is piped, are a terminal."""

    def __init__(self, *command, columns=100, lines=24, piped=False, **environment):
        self._end, inner = pty.openpty()
        self.resize(columns, lines, tell=False)
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=inner, stderr=inner,
            stdout=subprocess.PIPE if piped else inner, start_new_session=True,
            env={**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", **environment},
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(inner)
        self.written = ""

    def resize(self, columns, lines, tell=True):
        """Gives the terminal another size."""
        fcntl.ioctl(self._end, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        if tell:
            self.process.send_signal(signal.SIGWINCH)

    def _read(self, wait):
        if not select.select([self._end], [], [], wait)[0]:
            return True
        try:
            some = os.read(self._end, 65536)
        except OSError:  # the program has closed its side
            return False
        self.written += some.decode(errors="replace")
        return bool(some)

    def until(self, pattern, within=30, start=0):
        """Reads until what it wrote from `start` on matches; the match."""
        give_up = time.monotonic() + within
        while True:
            found = re.compile(pattern, re.S).search(self.written, start)
            if found:
                return found
            if time.monotonic() > give_up:
                raise AssertionError(f"{pattern!r} did not come: {self.written[-3000:]!r}")
            self._read(0.1)

    def until_stopped(self, within=30):
        """Waits until the kernel calls the program stopped by a signal."""
        give_up = time.monotonic() + within
        while True:
            with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
                if stat.read().rpartition(")")[2].split()[0] == "T":
                    return
            if time.monotonic() > give_up:
                raise AssertionError("it was not stopped")
            time.sleep(0.01)

    def key(self, text):
        """Types."""
        os.write(self._end, text.encode())

    def end(self, within=30):
        """Waits for its end: exit status and what it wrote to a pipe."""
        give_up = time.monotonic() + within
        while self._read(0.1) and time.monotonic() < give_up:
            pass
        output = self.process.communicate(timeout=within)[0]
        return self.process.returncode, output.decode() if output is not None else ""

    def close(self):
        """Ends it if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        os.close(self._end)
