# SPDX-License-Identifier: Apache-2.0
"""Processes that never outlive the test, free ports, and waiting for a condition."""
import ctypes
import os
import pathlib
import signal
import socket
import subprocess
import time

# Ports below the range from which the kernel gives ports to clients; a block for each process id,
# so that tests that run at the same time do not meet.
_FIRST_PORT, _BLOCKS, _BLOCK = 12000, 400, 50


def _ports():
    for turn in range(_BLOCKS):
        start = _FIRST_PORT + (os.getpid() + turn * 7) % _BLOCKS * _BLOCK
        for port in range(start, start + _BLOCK):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("", port))
                except OSError:
                    continue
            yield port


_unused = _ports()

# Servers leave children behind when they end; those become children of this process, not of the
# first one, which in a container may never collect them.
_PR_SET_CHILD_SUBREAPER = 36
ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def free_port():
    """A TCP port that nobody uses, never given twice by one process."""
    return next(_unused)


def eventually(what, check, within=30.0):
    """The first true value of `check()`; asked again until then, and an error after `within`."""
    give_up = time.monotonic() + within
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > give_up:
            raise AssertionError(f"{within:g} s went by without this: {what}")
        time.sleep(0.03)


def listens(port, host="127.0.0.1"):
    """Whether somebody takes connections there."""
    try:
        with socket.create_connection((host, port), timeout=5):
            return True
    except OSError:
        return False


def run(*command, **options):
    """Runs a short command; its error output becomes the message of the exception."""
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                            **options)
    if result.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: {result.stdout}{result.stderr}")
    return result.stdout


# Ends what is left should this process be killed (by the timeout of CTest, say): its input ends
# then without the word that all is done.
_GUARD = """
groups=
while read -r group; do
    [ "$group" != done ] || exit 0
    groups="$groups -$group"
done
for signal in TERM KILL; do
    for group in $groups; do kill -s $signal -- "$group"; done
    sleep 2
done
rm -rf -- "$1"
"""


class Processes:
    """Started programs; all of them end with the test, however it ends. So does `folder`, which
    holds their files, if the test does not live to remove it."""

    def __init__(self, folder):
        self._running = []
        self._guard = subprocess.Popen(["sh", "-c", _GUARD, "guard", folder], text=True, bufsize=1,
                                       stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, start_new_session=True)

    def start(self, log, *command):
        """Starts a program in a process group of its own, its output going to the file `log`."""
        with open(log, "ab") as out:
            process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                       stdout=out, stderr=subprocess.STDOUT,
                                       start_new_session=True)
        self._guard.stdin.write(f"{process.pid}\n")
        self._running.append(process)
        return process

    def stop(self, process, within=15.0):
        """Ends a program in order; returns its exit status, None if it had to be killed."""
        status = None
        if process.poll() is None:
            process.terminate()
        try:
            status = process.wait(timeout=within)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        self._running.remove(process)
        return status

    def stop_all(self):
        """Ends all, the last started first, and what they have left behind."""
        for process in reversed(list(self._running)):
            self.stop(process)
        if self._guard:
            self._guard.communicate("done\n")
            self._guard = None
        for pid in self._children():
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass

    @staticmethod
    def _children():
        tasks = pathlib.Path("/proc/self/task").glob("*/children")
        return [int(word) for task in tasks for word in task.read_text().split()]


def _end(*_):
    # A second one must not interrupt the cleaning up.
    signal.signal(signal.SIGTERM, lambda *_: None)
    # The one exception that unittest does not take for the failure of one test among many.
    raise KeyboardInterrupt("SIGTERM")


signal.signal(signal.SIGTERM, _end)
