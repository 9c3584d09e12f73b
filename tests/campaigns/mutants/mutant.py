# SPDX-License-Identifier: Apache-2.0
"""One sabotaged copy."""
from typing import NamedTuple


class Mutant(NamedTuple):
    name: str    # the sabotage, in words
    file: str
    old: str
    new: str
    caught_by: str  # <folder below tests/>:<test>, or TORTURE in run.py and a seed
    hangs: bool = False  # whether that the test does not end counts as well
