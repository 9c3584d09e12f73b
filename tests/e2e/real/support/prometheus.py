# SPDX-License-Identifier: Apache-2.0
"""Prometheus from Debian with storage and port of the test's own."""
import json
import os
import urllib.parse
import urllib.request

from .processes import eventually, free_port, run

_SETTINGS = """
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: mailprobed
    static_configs:
      - targets: ['{target}']
"""


class Prometheus:
    """A server that scrapes `target` (host:port) every second."""

    def __init__(self, processes, folder, target):
        if not os.path.exists("/usr/bin/prometheus"):
            raise AssertionError("missing packages: prometheus (.ci/install-packages test)")
        folder.mkdir()
        settings = folder / "prometheus.yml"
        settings.write_text(_SETTINGS.format(target=target))
        run("promtool", "check", "config", settings)
        listen = f"127.0.0.1:{free_port()}"
        self._url = f"http://{listen}"
        self.log = folder / "prometheus.log"
        process = processes.start(
            self.log, "prometheus", f"--config.file={settings}",
            f"--storage.tsdb.path={folder}/data", f"--web.listen-address={listen}",
            "--log.level=warn")

        def ready():
            if process.poll() is not None:
                raise AssertionError("Prometheus did not start: " + self.log.read_text())
            try:
                with urllib.request.urlopen(self._url + "/-/ready", timeout=5) as answer:
                    return answer.status == 200
            except OSError:
                return False
        eventually("Prometheus is ready", ready)

    def query(self, expression):
        """The values of an instant query: a list of (labels, value)."""
        query = urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(f"{self._url}/api/v1/query?{query}", timeout=10) as answer:
            found = json.load(answer)
        return [(sample["metric"], float(sample["value"][1]))
                for sample in found["data"]["result"]]
