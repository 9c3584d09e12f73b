#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The package: silent lintian, a reason for every override, hardened program and hardening flags in
every command that built it, no live configuration, and paths in the unit that exist.

usage: deb_test.py FOLDER BUILD"""
import pathlib
import re
import subprocess
import sys
import tempfile

found = list(pathlib.Path(sys.argv[1]).glob("mailprobed_*.deb"))
if len(found) != 1:
    sys.exit(f"{len(found)} packages in {sys.argv[1]}, expected one: `make deb`")
package, wrong = found[0], []


def run(*command):
    return subprocess.run([str(word) for word in command], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def field(name):
    return run("dpkg-deb", "-f", package, name).stdout.strip()


if package.name != f"mailprobed_{field('Version')}_{field('Architecture')}.deb":
    wrong.append(f"named {package.name}, but it is {field('Version')} for {field('Architecture')}")
for library in ("libc6", "libssl3", "libyaml-cpp", "libsoci-sqlite3", "libsystemd0"):
    if not re.search(rf"\b{re.escape(library)}", field("Depends")):
        wrong.append(f"does not depend on {library}")

said = run("lintian", "--allow-root", "--fail-on", "error,warning", package)
if said.returncode != 0 or re.search(r"^[EW]:", said.stdout, re.M):
    wrong.append(f"lintian:\n{said.stdout}")

# blhc reads the log of a Debian build and knows compilers by Debian's names.
commands = run("ninja", "-C", sys.argv[2], "-t", "commands", "mailprobed").stdout.splitlines()
compiled = [re.sub(r"^.*?/?clang\+\+-\d+ ", "g++ ", line) for line in commands if "clang++" in line]
if len(compiled) < 50:
    wrong.append(f"only {len(compiled)} commands of the compiler found")
with tempfile.NamedTemporaryFile("w") as log:
    log.write("\n".join(["dpkg-buildpackage: info: source package mailprobed", *compiled, ""]))
    log.flush()
    # -g is left out on purpose: the package has no debugging symbols.
    said = run("blhc", "--all", "--ignore-flag", "-g", log.name)
if said.returncode != 0:
    wrong.append(f"blhc:\n{said.stdout[:2000]}")

with tempfile.TemporaryDirectory() as folder:
    root = pathlib.Path(folder)
    run("dpkg-deb", "-R", package, root)
    overrides = (root / "usr/share/lintian/overrides/mailprobed").read_text().splitlines()
    for before, line in zip(["", *overrides], overrides):
        if not line.startswith("#") and not before.startswith("#"):
            wrong.append(f"an override without its reason: {line}")

    # Debian 12's own start files lack the marks of control flow protection, so the linker drops ours.
    hardened = run("hardening-check", "--nocfprotection", root / "usr/sbin/mailprobed")
    if hardened.returncode != 0:
        wrong.append(hardened.stdout)

    if [path for path in (root / "etc").rglob("*") if path.is_file()]:
        wrong.append("a live configuration: the service would start with it")
    if (root / "etc/mailprobed/credentials").stat().st_mode & 0o777 != 0o700:
        wrong.append("others may look into /etc/mailprobed/credentials")
    for unit in ("mailprobed.service", "mailprobed@.service", "mailprobed.socket"):
        text = (root / "usr/lib/systemd/system" / unit).read_text()
        for started in re.findall(r"^ExecStart=(\S+)", text, re.M):
            if not (root / started.lstrip("/")).is_file():
                wrong.append(f"{unit} starts {started}, which is not in the package")
    for path in ("usr/share/man/man8/mailprobed.8.gz", "usr/share/man/man5/mailprobed.yaml.5.gz",
                 "usr/share/bash-completion/completions/mailprobed",
                 "usr/share/mailprobed/mailprobed.schema.json",
                 "usr/share/mailprobed/grafana/overview.json", "usr/share/mailprobed/grafana/probe.json",
                 "usr/share/doc/mailprobed/copyright", "usr/share/doc/mailprobed/changelog.Debian.gz",
                 *(f"usr/share/doc/mailprobed/examples/{name}.yaml" for name in
                   ("mailprobed.example", "qq", "163", "gmail", "outlook", "own-server"))):
        if not (root / path).is_file():
            wrong.append(f"without /{path}")
print("\n".join(wrong) or f"{package.name}: lintian silent, hardened, no live configuration")
sys.exit(1 if wrong else 0)
