# SPDX-License-Identifier: Apache-2.0
"""The program under test: its configuration, the daemon, and `once`."""
import json
import pathlib
import re
import subprocess
import urllib.request

from .metrics import Metrics
from .processes import eventually


class Configuration:
    """A configuration file in the making. JSON is YAML, so it is written as JSON."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self._accounts, self._probes = [], []
        self._document = {
            "instance": "real-servers",
            "state_directory": str(self.folder / "state"),
            "tag_key": {"file": self._secret("tag-key", "0123456789abcdef" * 4)},
            "web": {"listen": "127.0.0.1:0"},
            "defaults": {"interval": "2s", "deadline": "30s", "verdict_grace": "10s",
                         "slo_latency": "5s",
                         "poll": {"first": "100ms", "growth": 1.3, "max": "1s"}},
            "accounts": self._accounts,
            "probes": self._probes,
        }

    def _secret(self, name, text):
        file = self.folder / name
        file.touch(mode=0o600)
        file.write_text(text)
        return str(file)

    def general(self, **keys):
        """Sets keys of the top level."""
        self._document.update(keys)

    def account(self, name, address, password, smtp, pop3):
        """An account; `smtp` and `pop3` hold the keys that are not the same for all."""
        password_file = self._secret(f"{name}.password", password)
        halves = {}
        for half, keys in (("smtp", smtp), ("pop3", pop3)):
            halves[half] = {"host": "127.0.0.1", "username": address,
                            "password": {"file": password_file}, **keys}
            if isinstance(keys.get("password"), str):
                file = self._secret(f"{name}.{half}.password", keys["password"])
                halves[half]["password"] = {"file": file}
            if halves[half].get("auth") == "none":
                del halves[half]["username"], halves[half]["password"]
        self._accounts.append({"name": name, "address": address, **halves})

    def probe(self, name, **keys):
        """A probe; from and to are the account of the same name unless `keys` say otherwise."""
        self._probes.append({"name": name, "from": name, "to": name, **keys})

    def write(self):
        """The file's path."""
        file = self.folder / "mailprobed.yaml"
        file.write_text(json.dumps(self._document, indent=2))
        return file


class Daemon:
    """A running mailprobed."""

    def __init__(self, program, processes, configuration, level="info", prefix=()):
        self._processes = processes
        self._log = configuration.folder / "daemon.log"
        self._process = processes.start(self._log, *prefix, program, "--config",
                                        configuration.write(), "--log.level", level)
        self.pid = self._process.pid
        found = eventually("mailprobed serves", self._address)
        self.url = f"http://{found}"

    def _address(self):
        if self._process.poll() is not None:
            raise AssertionError("mailprobed ended: " + self.log())
        found = re.search(r" event=started .*listen=(\S+)", self.log())
        return found and found[1]

    def log(self):
        """All that it has logged."""
        return self._log.read_text(errors="surrogateescape")

    def get(self, path):
        """A page as text."""
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return answer.read().decode()

    def metrics(self):
        """A scrape."""
        if self._process.poll() is not None:
            raise AssertionError("mailprobed ended: " + self.log())
        return Metrics(self.get("/metrics"))

    def stop(self):
        """Ends it as systemd does; returns its exit status."""
        return self._processes.stop(self._process)


class Once:
    """What one run of `mailprobed once` said."""

    def __init__(self, program, configuration, probe, *options, arguments=(), within=90):
        words = [program, "--config", configuration.write(), *arguments, "once", probe, *options]
        result = subprocess.run([str(word) for word in words], capture_output=True,
                                timeout=within, stdin=subprocess.DEVNULL)
        self.status = result.returncode
        self.raw = result.stdout + result.stderr
        self.output = result.stdout.decode()
        self.errors = result.stderr.decode()
        lines = re.findall(r"^ *[0-9.]+ (smtp|pop3) ([CS]): (.*)$", self.output, re.M)
        self._lines = [(protocol, who, text) for protocol, who, text in lines]

    def said(self, protocol, who):
        """The lines of the transcript that client (C) or server (S) wrote in a protocol."""
        return [text for known, speaker, text in self._lines
                if known == protocol and speaker == who]

    def commands(self, protocol):
        """What the client wrote, without the mail itself."""
        found, inside = [], False
        for text in self.said(protocol, "C"):
            if not inside:
                found.append(text)
            if protocol == "smtp":
                inside = text == "DATA" or (inside and text != ".")
        return found
