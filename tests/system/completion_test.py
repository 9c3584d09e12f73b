#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The bash completion offers every option and subcommand that --help tells of, the words that an
option takes, and the probes of the configuration.

usage: completion_test.py SOURCE MAILPROBED"""
import os
import pathlib
import re
import shlex
import subprocess
import sys

source, program = pathlib.Path(sys.argv[1]), os.path.abspath(sys.argv[2])
COMPLETION = source / "systemd/completions/mailprobed"
EXAMPLE = source / "config/mailprobed.example.yaml"
wrong = []


def offered(*words):
    """What is offered for the last of the words."""
    line = " ".join(shlex.quote(word) for word in (program, *words))
    script = (f"source {shlex.quote(str(COMPLETION))}; COMP_WORDS=({line}); "
              "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _mailprobed; "
              'printf "%s\\n" "${COMPREPLY[@]}"')
    result = subprocess.run(["bash", "-uc", script], capture_output=True, text=True, check=True)
    if result.stderr:
        wrong.append(f"{words}: {result.stderr.strip()}")
    return set(result.stdout.split())


def help_of(*path):
    return subprocess.run([program, *path, "--help"], capture_output=True, text=True,
                          check=True).stdout


def options(text):
    """All names of options in a help text, found in another way than the completion does."""
    return {name for line in text.splitlines() if re.match(r"\s+-", line)
            for name in re.split(r"[ ,]", line.strip().split("  ")[0]) if name.startswith("-")}


def subcommands(text):
    part = text.split("Subcommands:\n", 1)
    return re.findall(r"^  ([a-z-]+)", part[1].split("\n\n")[0], re.M) if len(part) > 1 else []


def check(path):
    text = help_of(*path)
    missing = options(text) - offered(*path, "-")
    if missing:
        wrong.append(f"not offered after {path}: {sorted(missing)}")
    commands = subcommands(text)
    if commands and offered(*path, "") != set(commands):
        wrong.append(f"after {path}: {offered(*path, '')}, expected {commands}")
    return len(options(text)) + sum(check((*path, command)) for command in commands)


def expect(words, answer):
    if offered(*words) != answer:
        wrong.append(f"{words}: {offered(*words)}, expected {answer}")


count = check(())
if count < 10 or "--check-config" not in options(help_of()):
    wrong.append(f"only {count} options found in --help")
expect(("--log.level", "de"), {"debug"})
expect(("--log.format", ""), {"auto", "journal", "logfmt", "json"})
expect(("status", "--charset", ""), {"auto", "unicode", "ascii"})
expect(("status", "--ca-file", str(EXAMPLE)[:-3]), {str(EXAMPLE)})
expect(("sta",), {"status"})
probes = {"qq", "office-to-qq", "relay-to-alias"}
expect(("--config", str(EXAMPLE), "once", ""), probes)
expect(("-c", str(EXAMPLE), "once", "off"), {"office-to-qq"})
expect(("--config", str(EXAMPLE), "ledger", "list", "--probe", ""), probes)
expect(("--config", str(EXAMPLE)[:-3]), {str(EXAMPLE)})
expect(("led",), {"ledger"})
print("\n".join(wrong) or f"{count} options and their values are completed")
sys.exit(1 if wrong else 0)
