#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the systemd units to what they promise: an exposure of at most 1.3 (10 is the worst) in
systemd-analyze's eyes, no complaint of its verifier, and one sandbox for all of them.

    units.py ROOT     exits with 77 where systemd-analyze is missing: skipped"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# Tenths; `systemd-analyze security` takes the whole as a hundred.
THRESHOLD = 13
SERVICES = ("mailprobed.service", "mailprobed@.service")
UNITS = (*SERVICES, "mailprobed.socket")
# What the exposure does not show, or shows too little of.
REQUIRED = (
    "Type=notify", "NotifyAccess=main", "Restart=on-failure", "RestartPreventExitStatus=64 78",
    "StateDirectoryMode=0700", "DynamicUser=yes", "LimitCORE=0", "MemorySwapMax=0", "NoNewPrivileges=yes",
    "ProtectSystem=strict", "MemoryDenyWriteExecute=yes", "CapabilityBoundingSet=",
    "ExecReload=/bin/sh -c 'kill -HUP $$MAINPID'")
# Where the instances may differ from the one service.
OWN = {"Description", "ConditionPathExists", "AssertPathIsDirectory", "ExecStart",
       "LoadCredential", "Environment", "StateDirectory", "User"}


def analyze(*words):
    """Exit status and all that it says."""
    result = subprocess.run(["systemd-analyze", *map(str, words)], text=True, check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return result.returncode, result.stdout


def assignments(unit):
    """The lines that set something."""
    return [line for line in unit.read_text().splitlines() if re.match(r"\w+=", line)]


def check_exposure(unit, faults):
    """`systemd-analyze security` without a running systemd."""
    status, text = analyze("security", "--offline=yes", f"--threshold={THRESHOLD}", unit)
    last = text.strip().splitlines()[-1]
    print(f"{unit.name}: {last.strip()}")
    if status != 0:
        against = [line for line in text.splitlines() if re.search(r" 0\.[1-9]\s*$", line)]
        faults.append(f"{unit.name} is too open: {last}\n" + "\n".join(against))


def check_verify(folder, faults):
    """`systemd-analyze verify` of copies that name a program that is on this machine."""
    with tempfile.TemporaryDirectory() as place:
        for name in UNITS:
            text = (folder / name).read_text()
            copy = pathlib.Path(place) / name
            copy.write_text(text.replace("/usr/sbin/mailprobed", "/bin/true"))
        for name in UNITS:
            status, text = analyze("verify", "--man=no", "--recursive-errors=no",
                                   pathlib.Path(place) / name)
            # What other units on this machine have to be told is not said of ours.
            said = [line for line in text.splitlines() if "mailprobed" in line]
            if status != 0 or said:
                faults.append(f"{name}: verify exits with {status}\n" + "\n".join(said))


def check_lines(folder, faults):
    """What must stand there, and that both services have the same sandbox."""
    lines = {name: assignments(folder / name) for name in SERVICES}
    for name, found in lines.items():
        faults += [f"{name}: {line} is missing" for line in REQUIRED if line not in found]
    shared = [[line for line in found if line.split("=")[0] not in OWN] for found in lines.values()]
    for line in set(shared[0]) ^ set(shared[1]):
        faults.append(f"only one of the services has {line}")


def main(root):
    """Exit status of the program."""
    if shutil.which("systemd-analyze") is None:
        print("systemd-analyze is missing")
        return 77
    folder = pathlib.Path(root) / "systemd"
    faults = []
    check_lines(folder, faults)
    for name in SERVICES:
        check_exposure(folder / name, faults)
    check_verify(folder, faults)
    print("\n".join(faults) or "units: ok")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
