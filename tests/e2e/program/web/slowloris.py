#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A thousand clients that send a request a byte at a time and come back when they are thrown out:
how late ticks start with and without them, and whether scrapes get through. Prints the figures and
fails if a tick was moved or a scraper kept out.
Usage: slowloris.py MAILPROBED LOOPBACK [--seconds N] [--clients N]"""
import argparse
import http.client
import re
import resource
import selectors
import socket
import statistics
import sys
import time

from scene import Scene
from support.processes import eventually

PARSER = argparse.ArgumentParser(description=__doc__)
PARSER.add_argument("mailprobed")
PARSER.add_argument("loopback")
PARSER.add_argument("--seconds", type=float, default=15, help="length of each of the two parts")
PARSER.add_argument("--clients", type=int, default=1000)
PARSER.add_argument("--attack", type=int, help=argparse.SUPPRESS)

# A tick is late by scheduling alone; beyond this somebody has held the loop up.
LAG_LIMIT, LAG_FACTOR = 0.05, 10
# Every this many seconds each client sends one byte.
DRIP = 1.0
REQUEST = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"x" * 1000


class Client:
    """One connection that never comes to an end."""

    def __init__(self, port):
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.connect_ex(("127.0.0.1", port))
        self.sent = 0

    def drip(self):
        """One more byte; False if the server has had enough."""
        try:
            self.socket.send(REQUEST[self.sent:self.sent + 1])
            self.sent += 1
        except BlockingIOError:
            pass
        except OSError:
            return False
        return self.sent < len(REQUEST)


def attack(port, count):
    """Runs until it is killed; reports on standard output how often clients were thrown out."""
    selector, clients, thrown_out = selectors.DefaultSelector(), {}, 0

    def arrive():
        client = Client(port)
        clients[client.socket] = client
        selector.register(client.socket, selectors.EVENT_READ)

    def leave(client):
        selector.unregister(client)
        clients.pop(client)
        client.close()

    for _ in range(count):
        arrive()
    last_report = 0
    while True:
        begun = time.monotonic()
        for client in list(clients.values()):
            if not client.drip():
                leave(client.socket)
        while time.monotonic() < begun + DRIP:
            for key, _ in selector.select(begun + DRIP - time.monotonic()):
                leave(key.fileobj)
        thrown_out += count - len(clients)
        while len(clients) < count:
            arrive()
        if time.monotonic() > last_report + 1:
            last_report = time.monotonic()
            print(len(clients), thrown_out, flush=True)


def values(text):
    """What the exposition says of starts: their number and the sum of their lags."""
    return [float(re.search(rf"^mailprobed_start_lag_seconds_{name}{{.*}} (\S+)$", text, re.M)[1])
            for name in ("count", "sum")]


class Scraper:
    """Scrapes once a second; over one connection, or over a new one each time."""

    def __init__(self, port, keeps):
        self._port, self._keeps, self._connection = port, keeps, None
        self.times, self.failures = [], 0

    def scrape(self):
        """The text of /metrics, or nothing if the server would not have us."""
        begun = time.monotonic()
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
            self._connection.request("GET", "/metrics")
            answer = self._connection.getresponse()
            text = answer.read().decode()
            if answer.status != 200:
                raise OSError(answer.status)
        except (OSError, http.client.HTTPException):
            self.failures += 1
            self._connection = None
            return None
        if not self._keeps:
            self._connection.close()
            self._connection = None
        self.times.append(time.monotonic() - begun)
        return text


def measure(seconds, kept, fresh):
    """The mean lag of the ticks of these seconds, scraping all the while."""
    before = values(kept.scrape())
    give_up = time.monotonic() + seconds
    after = None
    while time.monotonic() < give_up or after is None:
        fresh.scrape()
        after = kept.scrape() or after
        time.sleep(0.5)
    starts, lag = (b - a for a, b in zip(before, map(float, values(after))))
    return starts, lag / max(starts, 1)


def main():
    arguments = PARSER.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if arguments.attack:
        attack(arguments.attack, arguments.clients)
    scene = Scene(arguments.mailprobed)
    try:
        return run(scene, arguments)
    finally:
        scene.close()


def run(scene, arguments):
    """Both parts, the figures, and what they prove."""
    output = scene.folder / "loopback.out"
    scene.processes.start(output, arguments.loopback, "--smtp-port", "0", "--smtps-port", "0",
                          "--pop3-port", "0", "--pop3s-port", "0", "--cert-dir", scene.folder,
                          "--account", "me@test.invalid:me:in-the-open")
    ports = eventually("the mail server is ready", lambda: re.findall(
        r'"(smtp|pop3)": ?(\d+)', output.read_text()))
    for half, port in ports:
        scene.accounts[0][half] = {"host": "127.0.0.1", "port": int(port), "tls": "none",
                                   "username": "me", "password": "in-the-open",
                                   "allow_plaintext_auth": True}
    scene.probes = [{"name": "me", "from": "me", "to": "me", "interval": "1s", "deadline": "10s"}]
    scene.start()
    kept, fresh = Scraper(scene.port, True), Scraper(scene.port, False)
    calm_starts, calm = measure(arguments.seconds, kept, fresh)
    calm_scrape = statistics.median(fresh.times)
    fresh.times.clear()
    kept.times.clear()

    report = scene.folder / "attack.out"
    scene.processes.start(report, sys.executable, "-B", __file__, arguments.mailprobed,
                          arguments.loopback, "--clients", arguments.clients, "--attack",
                          scene.port)
    eventually("the attack is on", lambda: report.read_text().split())
    starts, lag = measure(arguments.seconds, kept, fresh)
    clients, thrown_out = report.read_text().split("\n")[-2].split()
    print(f"without: {calm_starts:.0f} starts, mean lag {calm * 1000:.2f} ms, "
          f"scrape {calm_scrape * 1000:.1f} ms")
    print(f"with {clients} dripping clients ({thrown_out} thrown out meanwhile): "
          f"{starts:.0f} starts, mean lag {lag * 1000:.2f} ms, new connections: "
          f"{len(fresh.times)} scrapes, median {statistics.median(fresh.times or [0]) * 1000:.1f} "
          f"ms, {fresh.failures} refused; kept connection: {len(kept.times)} scrapes, "
          f"{kept.failures} refused")
    faults = []
    if starts < arguments.seconds - 2:
        faults.append("ticks were missed")
    if lag > max(LAG_FACTOR * calm, LAG_LIMIT):
        faults.append("ticks were moved")
    if kept.failures:
        faults.append("a scraper lost its connection")
    if fresh.failures > len(fresh.times) / 4:
        faults.append("new scrapers were kept out")
    print("; ".join(faults) or "ok: no tick was moved and scrapes got through")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
