#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs fuzz targets one after the other, a line each; exits with 1 if an input broke a rule."""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
# What was found, NAME/SHA-1 each; an archive, so that a thousand files do not hide the tree's own.
ARCHIVE = HERE / "corpus.tar.zst"
MOST_FILES, MOST_BYTES = 60, 4096

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("build", type=pathlib.Path, help="the folder of the preset fuzz")
parser.add_argument("--seconds", type=int, default=60, help="for each target")
parser.add_argument("--keep", action="store_true",
                    help="then add what reaches new code to the corpora of the tree")
parser.add_argument("targets", nargs="*", help="all, if none is named")
options = parser.parse_intermixed_args()


def run(name, arguments):
    binary = (options.build / "tests" / "fuzz" / f"fuzz_{name}").resolve()
    # Leaks are looked for at the end of every run; a file per finding keeps its name.
    return subprocess.run([binary, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", check=False)


def unpack():
    """The folder that holds what the archive does."""
    folder = options.build / "corpus"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    subprocess.run(["cmake", "-E", "tar", "xf", ARCHIVE], cwd=folder, check=True)
    return folder


def pack(folder):
    """Equal contents make an equal archive."""
    with tempfile.NamedTemporaryFile("w") as names:
        names.writelines(sorted(f"{path.relative_to(folder)}\n" for path in folder.glob("*/*")))
        names.flush()
        subprocess.run(["cmake", "-E", "tar", "cf", ARCHIVE, "--zstd", "--mtime=2026-01-01",
                        f"--files-from={names.name}"], cwd=folder, check=True)


def last(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def fuzz(name):
    seeds, found = HERE / "seeds" / name, options.build / "found" / name
    for folder in (found, seeds, corpus / name):
        folder.mkdir(parents=True, exist_ok=True)
    arguments = [found, seeds, corpus / name, f"-max_total_time={options.seconds}", "-max_len=12000",
                 "-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1",
                 f"-artifact_prefix={options.build.resolve()}/"]
    dictionary = HERE / "targets" / f"{name}.dict"
    if dictionary.exists():
        arguments.append(f"-dict={dictionary}")
    result = run(name, arguments)
    executions = last(r"stat::number_of_executed_units: (\d+)", result.stdout)
    speed = last(r"stat::average_exec_per_sec: +(\d+)", result.stdout)
    coverage = last(r"cov: (\d+)", result.stdout)
    good = result.returncode == 0
    print(f"{name:<24} {executions:>10} executions {speed:>7}/s  coverage {coverage:>6}  "
          f"crashes {0 if good else 1}", flush=True)
    if not good:
        print("\n".join(result.stdout.splitlines()[-40:]), flush=True)
        for path in re.findall(r"Test unit written to (\S+)", result.stdout):
            print(f"to keep it as a test: cp {path} "
                  f"{os.path.relpath(seeds)}/crash-WHAT-IT-WAS", flush=True)
    return good


def keep(name):
    """Adds what covers more than seeds and corpus do, smallest first, within the limits."""
    found = options.build / "found" / name
    with tempfile.TemporaryDirectory() as folder:
        merged = pathlib.Path(folder)
        for path in [*(HERE / "seeds" / name).iterdir(), *(corpus / name).iterdir()]:
            shutil.copy(path, merged)
        before = set(os.listdir(merged))
        run(name, ["-merge=1", "-max_len=4095", merged, found])
        fresh = sorted((path for path in merged.iterdir() if path.name not in before),
                       key=lambda path: path.stat().st_size)
        room = MOST_FILES - len(before)
        # Evenly over the sizes: the smallest alone would be the shallow ones.
        chosen = fresh if len(fresh) <= room else [fresh[i * len(fresh) // room]
                                                   for i in range(max(room, 0))]
        for path in chosen:
            if path.stat().st_size < MOST_BYTES:
                shutil.copy(path, corpus / name)
    print(f"{name:<24} {len(before)} inputs, {len(chosen)} added", flush=True)


names = options.targets or sorted(path.stem for path in HERE.glob("targets/*.cpp"))
corpus = unpack()
failed = []
for target in names:
    if not fuzz(target):
        failed.append(target)
    if options.keep:
        keep(target)
if options.keep:
    pack(corpus)
print(f"{len(names)} targets, " + (f"broken rules in {', '.join(failed)}" if failed
                                   else "no rule broken"))
sys.exit(1 if failed else 0)
