#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The closing table of `make torture`: every part appends a line to the file that TORTURE_SUMMARY
names, and `summary.py FILE` prints them. A part that said nothing is an error."""
import os
import pathlib
import sys

PARTS = ("kills", "reloads", "fault grid", "crowd", "stop", "end in flight", "soak",
         "sabotaged copies")


def summarize(part, figures):
    """Appends the key figures of a part, if anybody wants them."""
    file = os.environ.get("TORTURE_SUMMARY")
    if file:
        with open(file, "a", encoding="utf-8") as summary:
            summary.write(f"{part}\t{figures}\n")


def main(file):
    """Prints what the parts said."""
    lines = [line.split("\t", 1) for line in pathlib.Path(file).read_text().splitlines()]
    for part, figures in lines:
        print(f"{part:18}{figures}")
    silent = [part for part in PARTS if part not in [line[0] for line in lines]]
    if silent:
        sys.exit(f"nothing was said by: {', '.join(silent)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
