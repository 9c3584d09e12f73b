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

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "tests/campaigns/torture"))
# pylint: disable=wrong-import-position
from summary import summarize  # noqa: E402

TREE = ROOT / "build/mutants/tree"
BUILD = TREE / "build/dev"
# Every test ends within seconds; a mutant may hang only where its entry says so.
PATIENCE = 90
# Programs of `make torture` that say by themselves what is wrong, and how much of it is run; the
# entry of a copy names a seed behind @ whose worlds hold what it stumbles over.
TORTURE = {"torture:model": ("mailprobed-model", "4000"),
           "torture:gateways": ("mailprobed-gateways", "4000"),
           "torture:readers": ("mailprobed-readers", "300")}
PARSER = argparse.ArgumentParser(description=__doc__)
PARSER.add_argument("only", nargs="*", help="run mutants whose name holds one of these words")
PARSER.add_argument("--jobs", default="2", help="parallel jobs of the compiler")
PARSER.add_argument("--check", action="store_true",
                    help="only hold the table against the sources: a second instead of minutes")
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


def programs():
    """The test program of each test that a table entry may name."""
    found = {}
    for file in ROOT.glob("tests/**/*_test.cpp"):
        parts = file.parent.relative_to(ROOT / "tests").parts
        folder = "_".join(parts[:2] if parts[0] == "unit" else parts[:1])
        for suite, name in re.findall(r"^TEST(?:_[FP])?\((\w+),\s*(\w+)\)", file.read_text(),
                                      re.MULTILINE):
            found[f"{folder.partition('_')[0]}:{suite}.{name}"] = f"{folder}_tests"
    return found


PROGRAMS = programs()


def target_of(test):
    program = TORTURE.get(test.partition("@")[0])
    return program[0] if program else PROGRAMS[test]


def run(test):
    """The exit status of a test (None: it did not end) and what it said; to match no test at all is
    an error."""
    torture, _, seed = test.partition("@")
    if torture in TORTURE:
        program, share = TORTURE[torture]
        command = [BUILD / "tests/campaigns/torture" / program, share, seed]
    else:
        name = test.partition(":")[2]
        command = [BUILD / "tests" / PROGRAMS[test], f"--gtest_filter={name}"]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", check=False, timeout=PATIENCE)
        status, said = done.returncode, done.stdout
    except subprocess.TimeoutExpired as hung:
        status, said = None, (hung.stdout or b"").decode(errors="replace")
    if torture not in TORTURE and not re.search(r"Running [1-9]\d* tests?", said):
        sys.exit(f"{test}: the tests did not begin, or there is no such test\n{said[-500:]}")
    return status, said


def how_caught(test, status, said):
    """How the named test noticed the sabotage, or None: a test that failed by the word of its
    runner, or that was running when the process died. Anything else proves nothing."""
    _, _, name = test.partition(":")
    if status == 0:
        return None
    if test.partition("@")[0] in TORTURE:
        return "wrong" if status == 1 and re.search(r"^WRONG|^FAULT", said, re.MULTILINE) else None
    if re.search(rf"^\[  FAILED  \] {re.escape(name)}\b", said, re.MULTILINE):
        return "failed"
    began = re.search(rf"^\[ RUN      \] {re.escape(name)}$", said, re.MULTILINE)
    ended = re.search(rf"^\[       OK \] {re.escape(name)}\b", said, re.MULTILINE)
    if not began or ended:
        return None
    if status is None:
        return "hung"
    sanitizer = re.search(r"^(?:==\d+==\s*ERROR: (\w+Sanitizer)|.*: runtime error: )", said,
                          re.MULTILINE)
    if sanitizer:
        return sanitizer[1] or "UndefinedBehaviorSanitizer"
    return f"ended by signal {-status}" if status < 0 else None


def try_mutant(mutant):
    """How the test caught it, and why that does not count (or None)."""
    path = TREE / mutant.file
    honest = path.read_text()
    path.write_text(honest.replace(mutant.old, mutant.new))
    try:
        trouble = build({target_of(mutant.caught_by)})
        if trouble:
            return None, f"does not compile:\n{trouble}"
        status, said = run(mutant.caught_by)
        how = how_caught(mutant.caught_by, status, said)
        if how is None:
            return None, ("SURVIVED" if status == 0 else
                          f"ended with {status}, but not by its test:\n{said[-2000:]}")
        if how == "hung" and not mutant.hangs:
            return None, f"no end within {PATIENCE} s, which the table does not announce"
        return how, None
    finally:
        path.write_text(honest)


def check_table(mutants):
    for mutant in mutants:
        times = (ROOT / mutant.file).read_text().count(mutant.old)
        if times != 1:
            sys.exit(f"mutant '{mutant.name}': its text stands {times} times in {mutant.file}; "
                     "bring tests/campaigns/mutants/table.py up to date")
    tests = set(TORTURE) | set(PROGRAMS)
    for mutant in mutants:
        if mutant.caught_by.partition("@")[0] not in tests:
            sys.exit(f"mutant '{mutant.name}': there is no test {mutant.caught_by}")


def main():
    mutants = [m for m in MUTANTS
               if not ARGS.only or any(word in m.name for word in ARGS.only)]
    check_table(mutants)
    if ARGS.check:
        print(f"{len(mutants)} mutants stand for what the sources say")
        return
    copy_tree()
    subprocess.run(["cmake", "--preset", "dev"], cwd=TREE, check=True, stdout=subprocess.DEVNULL)
    trouble = build({target_of(m.caught_by) for m in mutants})
    if trouble:
        sys.exit(f"the honest copy does not build:\n{trouble}")
    for test in sorted({m.caught_by for m in mutants}):
        status, said = run(test)
        if status != 0:
            sys.exit(f"{test} fails without any sabotage:\n{said[-2000:]}")
    width = max(len(m.name) for m in mutants)
    print(f"{'mutant':<{width}}  seconds  {'how':<8}  caught by")
    survivors = 0
    for mutant in mutants:
        began = time.monotonic()
        how, trouble = try_mutant(mutant)
        survivors += trouble is not None
        took = time.monotonic() - began
        print(f"{mutant.name:<{width}}  {took:7.1f}  {how or '-':<8}  "
              f"{trouble or mutant.caught_by}", flush=True)
    summarize("sabotaged copies", f"{len(mutants) - survivors} of {len(mutants)} caught")
    print(f"{len(mutants)} mutants, {len(mutants) - survivors} caught, {survivors} survived")
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
