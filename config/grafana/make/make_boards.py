#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the dashboards into the folder above this one, or into the one that is named.

usage: make_boards.py [FOLDER]"""
import pathlib
import sys

from one_probe import one_probe
from overview import overview
from parts import written

BOARDS = {"overview.json": overview, "probe.json": one_probe}


def main():
    """Writes the files."""
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1])
    for name, make in BOARDS.items():
        (folder / name).write_text(written(make()) + "\n")


if __name__ == "__main__":
    main()
