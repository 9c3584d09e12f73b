# SPDX-License-Identifier: Apache-2.0
"""A root file system with systemd and what the package needs, made by debootstrap and kept for the
next run of the same machine."""
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess

# What the test itself uses inside.
OWN = ("systemd", "systemd-sysv", "dbus", "curl", "ca-certificates")


class Unavailable(Exception):
    """This machine cannot do it: the test is skipped."""


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def release():
    fields = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$',
                             pathlib.Path("/etc/os-release").read_text(), re.M))
    return fields.get("ID", ""), fields.get("VERSION_CODENAME", "")


def mirror(distribution, suite):
    """The mirror that this machine's apt takes the suite from."""
    lines = output("apt-get", "indextargets", "--format",
                   "$(ORIGIN)|$(CODENAME)|$(COMPONENT)|$(REPO_URI)", "Created-By: Packages")
    for line in lines.splitlines():
        origin, codename, component, uri = line.split("|")
        if (origin.lower(), codename, component) == (distribution, suite, "main"):
            return uri
    raise Unavailable("apt knows no mirror of this machine's own release")


def real_names(packages):
    """With each virtual package replaced by the one that provides it here."""
    listing = output("dpkg-query", "-W", "-f", "${Package}|${Provides}\n")
    providers, present = {}, set()
    for line in listing.splitlines():
        package, provided = line.split("|", 1)
        present.add(package)
        for name in re.split(r",\s*", provided):
            providers.setdefault(name.split(" ")[0], package)
    return [name if name in present else providers.get(name, name) for name in packages]


def dependencies(package):
    """Names of the packages that a .deb depends on; of alternatives the first."""
    field = output("dpkg-deb", "-f", str(package), "Depends")
    return [re.match(r"[a-z0-9.+-]+", part.strip())[0] for part in field.split(",")]


class Cache:
    """The kept roots; one test at a time uses them."""

    def __init__(self):
        home = os.environ.get("HOME") or "/root"
        self.folder = pathlib.Path(os.environ.get("MAILPROBED_TEST_SYSTEMD_CACHE")
                                   or f"{home}/.cache/mailprobed-test-systemd")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = open(self.folder / "lock", "w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def root(self, package):
        """A pristine root for the package; whether it was there already."""
        distribution, suite = release()
        names = sorted(set(OWN) | set(real_names(dependencies(package))))
        key = hashlib.sha256(" ".join([distribution, suite, *names]).encode()).hexdigest()[:16]
        root = self.folder / key
        if root.is_dir():
            return root, True
        for old in self.folder.iterdir():
            if old.is_dir():
                shutil.rmtree(old)
        making = self.folder / f"{key}.part"
        command = ["debootstrap", "--variant=minbase", "--include=" + ",".join(names)]
        if distribution == "ubuntu":
            command.append("--components=main,universe")
        command += [suite, str(making), mirror(distribution, suite)]
        # A mirror that is being updated serves lists and files that do not match for a moment.
        for _ in range(2):
            shutil.rmtree(making, ignore_errors=True)
            with open(self.folder / "debootstrap.log", "wb") as log:
                done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False)
            if done.returncode == 0:
                making.rename(root)
                return root, False
        raise RuntimeError(f"debootstrap failed twice, see {self.folder}/debootstrap.log")

    def copy(self, root):
        """A copy to boot from; the last one is thrown away."""
        target = self.folder / "running"
        if target.exists():
            shutil.rmtree(target)
        subprocess.run(["cp", "-a", "--reflink=auto", str(root), str(target)], check=True)
        return target
