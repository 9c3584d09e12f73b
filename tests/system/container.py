# SPDX-License-Identifier: Apache-2.0
"""A booted container without machined: systemd-nspawn starts it, nsenter runs commands in it."""
import os
import pathlib
import signal
import subprocess
import time

from root import Unavailable

# What a login shell of root would have, and nothing of the machine outside.
ENVIRONMENT = ("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
               "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", "SYSTEMD_PAGER=", "SYSTEMD_COLORS=0")


def wait_until(what, condition, seconds, pause=0.05):
    """Asks again and again; returns the condition's first true value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(pause)


def children(pid):
    try:
        return [int(child) for child in
                pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


class Container:
    """Systemd as process 1 of its own, with a network that has loopback only."""

    def __init__(self, root, console):
        self.root = pathlib.Path(root)
        command = ["systemd-nspawn", "--quiet", f"--directory={root}", "--register=no",
                   "--private-network", "--machine=mailprobed-test", "--link-journal=no",
                   "--console=pipe", "--boot"]
        if not os.path.isdir("/run/systemd/system"):
            # Nobody there who could make a scope for it.
            command.insert(1, "--keep-unit")
        # Whatever ends this program, the container ends with it: unshare dies, and with it the first
        # process of the namespace that all the others are in.
        command = ["setpriv", "--pdeathsig", "KILL", "unshare", "--pid", "--mount-proc", "--fork",
                   "--kill-child=KILL", *command]
        with open(console, "wb") as log:
            self._nspawn = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=subprocess.STDOUT, start_new_session=True)
        self._console = pathlib.Path(console)
        self._init = 0

    def boot(self):
        """Waits until systemd has started everything; Unavailable where it never comes up."""
        def alive():
            if self._nspawn.poll() is not None:
                text = self._console.read_text(errors="replace").strip()
                raise Unavailable(f"systemd-nspawn ended: {text[-300:]}")
            self._init = self._nspawn.pid
            for _ in ("unshare", "systemd-nspawn"):
                self._init = next(iter(children(self._init)), 0)
            return self._init and self.ask("systemctl is-system-running") in ("running", "degraded")
        try:
            wait_until("the container boots", alive, 60)
        except AssertionError as error:
            raise Unavailable(str(error)) from error

    def run(self, script, *, text_in="", check=True, timeout=120):
        """Runs a shell script as root inside; its result with stdout and stderr together."""
        command = ["nsenter", f"--target={self._init}", "--mount", "--uts", "--ipc", "--net",
                   "--pid", "--root", "--wd", "env", "-i", *ENVIRONMENT, "sh", "-euc", script]
        result = subprocess.run(command, input=text_in, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, timeout=timeout, check=False)
        if check and result.returncode != 0:
            raise AssertionError(f"status {result.returncode} of: {script}\n{result.stdout}")
        return result

    def ask(self, script, **more):
        """What a script prints, whatever its status."""
        return self.run(script, check=False, **more).stdout.strip()

    def property(self, unit, name):
        return self.ask(f"systemctl show --property={name} --value {unit}")

    def path(self, inside):
        return self.root / str(inside).lstrip("/")

    def write(self, inside, text, mode=0o644):
        path = self.path(inside)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def close(self):
        """Powers it off, or kills it if it does not want to."""
        if self._nspawn.poll() is not None:
            return
        if self._init:
            os.kill(self._init, signal.SIGRTMIN + 4)
        try:
            self._nspawn.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._nspawn.kill()
            self._nspawn.wait()
