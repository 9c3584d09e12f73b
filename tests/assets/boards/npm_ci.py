#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs what package-lock.json names into node_modules, unless it is there already.

usage: npm_ci.py FOLDER"""
import hashlib
import pathlib
import subprocess
import sys


def main(folder):
    """Compares the lock with the one that was installed last."""
    lock = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    mark = folder / "node_modules" / ".installed-lock"
    if mark.is_file() and mark.read_text() == lock:
        return
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"],
                   cwd=folder, check=True)
    mark.write_text(lock)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
