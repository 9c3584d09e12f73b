#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs the package in a container that systemd has booted, and drives the service there.

usage: run.py FOLDER CPACK-CONFIG MAILPROBED-LOOPBACK CLOCK-SHIM

FOLDER holds the package; CPACK-CONFIG makes the one to upgrade to; CLOCK-SHIM plays clocks and boots.

Exits with 77 where this machine cannot boot containers: the test is then skipped, not passed. The
root file system is kept in $MAILPROBED_TEST_SYSTEMD_CACHE (~/.cache/mailprobed-test-systemd)."""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

from container import Container
from root import Cache, Unavailable
from service import MailServer
from reboots import PLAYED
from steps import STEPS, Scene

SKIPPED = 77
TOOLS = ("debootstrap", "systemd-nspawn", "nsenter", "setpriv", "unshare", "apt-get", "dpkg-deb")


def the_package(folder):
    found = list(folder.glob("mailprobed_*.deb"))
    if len(found) != 1:
        sys.exit(f"{len(found)} packages in {folder}, expected one: `make deb`")
    return found[0]


def newer_package(config, folder):
    """The same build as the next Debian revision."""
    subprocess.run(["cpack", "--config", str(config), "-B", str(folder),
                    "-D", "CPACK_DEBIAN_PACKAGE_RELEASE=2"], check=True, stdout=subprocess.DEVNULL)
    return next(folder.glob("*.deb"))


def prepared(box, options, newer):
    """The mail server, the packages, and the state to compare a purge with."""
    box.write("/etc/hosts", "127.0.0.1 localhost\n")
    server = MailServer(box, options.loopback)
    server.start("probe@example.org")
    for package, folder in ((the_package(options.folder), "/root"), (newer, "/root/newer")):
        box.path(folder).mkdir(exist_ok=True)
        shutil.copy(package, box.path(folder))
    scene = Scene(box, server)
    shutil.copy(options.shim, box.path(PLAYED.library))
    # What a first use of apt and systemd leaves is not the package's.
    box.run("apt-get check -qq; systemctl daemon-reload")
    scene.before = scene.files()
    return scene


def steps(scene):
    """Runs all until one fails; true if none did."""
    for step in STEPS:
        began = time.monotonic()
        name = step.__name__.replace("_", " ")
        try:
            said = step(scene)
        except Exception as error:  # whatever it is, the journal should be seen with it
            print(f"FAILED  {name}: {error}", flush=True)
            if not isinstance(error, AssertionError):
                traceback.print_exc()
            print(scene.box.ask("systemctl status --no-pager 'mailprobed*'"))
            print(scene.box.ask("journalctl --no-pager --lines=40 --output=short "
                                "--grep='^(?!.*event=(transcript|stage|look))'"))
            return False
        print(f"ok      {name} ({time.monotonic() - began:.1f} s): {said}", flush=True)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("folder", "config", "loopback", "shim"):
        parser.add_argument(name, type=pathlib.Path)
    options = parser.parse_args()
    began = time.monotonic()
    try:
        if os.geteuid() != 0:
            raise Unavailable("needs root")
        missing = [tool for tool in TOOLS if not shutil.which(tool)]
        if missing:
            raise Unavailable(f"needs {', '.join(missing)}")
        cache = Cache()
        root, kept = cache.root(the_package(options.folder))
        running = cache.copy(root)
        box = Container(running, cache.folder / "console.log")
        try:
            box.boot()
            print(f"booted  systemd {box.ask('systemctl --version').split()[1]}, root file system "
                  f"{'kept from an earlier run' if kept else 'made by debootstrap'} "
                  f"({time.monotonic() - began:.1f} s)", flush=True)
            with tempfile.TemporaryDirectory() as scratch:
                newer = newer_package(options.config, pathlib.Path(scratch))
                passed = steps(prepared(box, options, newer))
        finally:
            box.close()
    except Unavailable as reason:
        print(f"SKIPPED: this machine cannot boot a container with systemd: {reason}")
        return SKIPPED
    print(f"{len(STEPS)} steps passed in {time.monotonic() - began:.0f} s" if passed else
          "the service test failed")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
