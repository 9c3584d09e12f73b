#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs what package-lock.json names into node_modules beside it, if that is missing or older.
Where the network is slow to answer it asks again."""
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
LOCK, MARK = HERE / "package-lock.json", HERE / "node_modules/.mailprobed-lock"


def main():
    if MARK.is_file() and MARK.read_bytes() == LOCK.read_bytes():
        return 0
    for _ in range(3):
        if subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=HERE, check=False,
                          stdin=subprocess.DEVNULL).returncode == 0:
            MARK.write_bytes(LOCK.read_bytes())
            return 0
    return 1


sys.exit(main())
