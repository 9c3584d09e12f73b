#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make mutants`: builds sabotaged copies of the program, one after another, and demands that the
test named for each of them fails. The tree itself is not touched: a copy below build/mutants is."""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import time

from table import MUTANTS

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TREE = ROOT / "build/mutants/tree"
BUILD = TREE / "build/dev"
# A mutant that hangs is caught as well; every test ends within seconds otherwise.
PATIENCE = 90
PARSER = argparse.ArgumentParser(description=__doc__)
PARSER.add_argument("only", nargs="*", help="run mutants whose name holds one of these words")
PARSER.add_argument("--jobs", default="2", help="parallel jobs of the compiler")
ARGS = PARSER.parse_args()


def copy_tree():
    """Only what changed is written: the rest keeps its time and needs no new build."""
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others",
                             "--exclude-standard"], check=True, stdout=subprocess.PIPE)
    names = {n for n in listed.stdout.decode().split("\0") if n and (ROOT / n).is_file()}
    for name in sorted(names):
        target, content = TREE / name, (ROOT / name).read_bytes()
        if target.is_file() and target.read_bytes() == content:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        shutil.copymode(ROOT / name, target)
    for old in TREE.rglob("*.[ch]pp"):
        if BUILD not in old.parents and str(old.relative_to(TREE)) not in names:
            old.unlink()


def build(targets):
    done = subprocess.run(["ninja", "-C", BUILD, "-j", ARGS.jobs, *sorted(targets)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return None if done.returncode == 0 else done.stdout[-3000:]


def passes(test):
    """Whether a test passes, and what it said; to match no test at all is an error."""
    suite, _, name = test.partition(":")
    command = [BUILD / f"tests/{suite}_tests", f"--gtest_filter={name}"]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return False, "no end"
    if not re.search(r"Running [1-9]\d* tests?", done.stdout):
        sys.exit(f"{test}: there is no such test\n{done.stdout[-500:]}")
    return done.returncode == 0, done.stdout[-2000:]


def try_mutant(mutant):
    """None if the test caught it, else why not."""
    path = TREE / mutant.file
    honest = path.read_text()
    path.write_text(honest.replace(mutant.old, mutant.new))
    try:
        trouble = build({mutant.caught_by.partition(":")[0] + "_tests"})
        if trouble:
            return f"does not compile:\n{trouble}"
        passed, _ = passes(mutant.caught_by)
        return "SURVIVED" if passed else None
    finally:
        path.write_text(honest)


def check_table(mutants):
    for mutant in mutants:
        times = (ROOT / mutant.file).read_text().count(mutant.old)
        if times != 1:
            sys.exit(f"mutant '{mutant.name}': its text stands {times} times in {mutant.file}; "
                     "bring tests/mutants/table.py up to date")


def main():
    mutants = [m for m in MUTANTS
               if not ARGS.only or any(word in m.name for word in ARGS.only)]
    check_table(mutants)
    copy_tree()
    subprocess.run(["cmake", "--preset", "dev"], cwd=TREE, check=True, stdout=subprocess.DEVNULL)
    trouble = build({m.caught_by.partition(":")[0] + "_tests" for m in mutants})
    if trouble:
        sys.exit(f"the honest copy does not build:\n{trouble}")
    for test in sorted({m.caught_by for m in mutants}):
        passed, said = passes(test)
        if not passed:
            sys.exit(f"{test} fails without any sabotage:\n{said}")
    width = max(len(m.name) for m in mutants)
    print(f"{'mutant':<{width}}  seconds  caught by")
    survivors = 0
    for mutant in mutants:
        began = time.monotonic()
        trouble = try_mutant(mutant)
        survivors += trouble is not None
        took = time.monotonic() - began
        print(f"{mutant.name:<{width}}  {took:7.1f}  {mutant.caught_by if not trouble else trouble}",
              flush=True)
    print(f"{len(mutants)} mutants, {len(mutants) - survivors} caught, {survivors} survived")
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
