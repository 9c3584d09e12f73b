# SPDX-License-Identifier: Apache-2.0
"""A daemon whose web server is looked at from outside, certificates for it, and curl."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

_HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE.parents[1] / "real")]
# pylint: disable=wrong-import-position
from support.processes import Processes, eventually, run  # noqa: E402

# bcrypt of "open sesame", cost 4: tests are in a hurry.
SESAME = "$2b$04$N9qo8uLOickgx2ZMRZoMyeD6cuue4VdM9VS1cJ/wwOaQJuY83FyIy"


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder, name):
        self._folder, self._name, self._serial = folder, name, 0
        self.file = folder / f"{name}.pem"
        self._key = folder / f"{name}.key"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", self._key, "-out", self.file, "-days", "2", "-subj",
            f"/CN={name}", "-addext", "keyUsage=critical,keyCertSign")

    def sign(self, name, alternatives):
        """A certificate and its key, NAME.pem and NAME.key; each has a serial of its own."""
        self._serial += 1
        request, settings = self._folder / f"{name}.csr", self._folder / f"{name}.ext"
        made, key = self._folder / f"{name}.new.pem", self._folder / f"{name}.new.key"
        settings.write_text(f"subjectAltName={alternatives}\n")
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        run("openssl", "x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self._key,
            "-set_serial", str(self._serial), "-days", "1", "-extfile", settings, "-out", made)
        key.rename(self._folder / f"{name}.key")
        made.rename(self._folder / f"{name}.pem")
        return self._folder / f"{name}.pem"


class Scene:
    """A folder, processes and a daemon in it."""

    def __init__(self, program):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mailprobed-web-"))
        self.processes = Processes(self.folder)
        self.program = program
        self.listen = "127.0.0.1:0"
        self.accounts = [{"name": "me", "address": "me@test.invalid",
                          "smtp": {"host": "127.0.0.1", "port": 1, "auth": "none"},
                          "pop3": {"host": "127.0.0.1", "port": 1, "password": "in-the-open"}}]
        self.probes = [{"name": "me", "from": "me", "to": "me", "interval": "1h"}]
        self.log_file = self.folder / "daemon.log"
        self.daemon = None
        self.port = None

    def close(self):
        """Ends and removes everything."""
        self.processes.stop_all()
        shutil.rmtree(self.folder)

    def configuration(self):
        """The path of the main file."""
        document = {"state_directory": str(self.folder / "state"), "web": {"listen": self.listen},
                    "accounts": self.accounts, "probes": self.probes}
        file = self.folder / "mailprobed.yaml"
        file.write_text(json.dumps(document))
        return file

    def web(self, **sections):
        """Writes the web configuration; replaced in one step, as careful programs do."""
        file = self.folder / "web.yml"
        new = self.folder / "web.yml.new"
        new.write_text(json.dumps(sections))
        new.rename(file)
        return file

    def start(self, *arguments):
        """Starts the daemon and waits until it serves."""
        self.daemon = self.processes.start(self.log_file, self.program, "--config",
                                           self.configuration(), *arguments)
        self.port = int(eventually("mailprobed serves", self._listens)[0].rsplit(":", 1)[1])

    def _listens(self):
        if self.daemon.poll() is not None:
            raise AssertionError("mailprobed ended: " + self.log())
        found = re.search(r" event=started .*listen=(\S+)", self.log())
        return found and found[1].split(",")

    def addresses(self):
        """All addresses that it says it listens on."""
        return self._listens()

    def log(self):
        """All that it has logged."""
        return self.log_file.read_text(errors="replace")

    def check(self, *arguments):
        """--check-config: exit status and output."""
        said = subprocess.run([self.program, "--config", self.configuration(), "--check-config",
                               *arguments], capture_output=True, text=True, timeout=30,
                              stdin=subprocess.DEVNULL)
        return said.returncode, said.stdout + said.stderr

    def curl(self, path, *options, scheme="https", host="localhost"):
        """What curl says of a page of the daemon."""
        return Curl(f"{scheme}://{host}:{self.port}{path}", "--cacert", self.folder / "ca.pem",
                    *options)


class Curl:
    """One run of curl: `failed` is its exit status, `status` that of the answer."""

    def __init__(self, url, *options):
        environment = {name: value for name, value in os.environ.items()
                       if "proxy" not in name.lower()}
        said = subprocess.run(["curl", "--silent", "--include", "--noproxy", "*", "--max-time",
                               "20", *[str(option) for option in options], url],
                              capture_output=True, stdin=subprocess.DEVNULL, env=environment,
                              timeout=30)
        self.failed = said.returncode
        head, _, self.body = said.stdout.partition(b"\r\n\r\n")
        lines = head.decode(errors="replace").split("\r\n")
        self.status = int(lines[0].split()[1]) if lines[0].startswith("HTTP/") else None
        self.fields = {name.lower(): value for name, _, value in
                       (line.partition(": ") for line in lines[1:])}
