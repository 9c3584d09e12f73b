#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make demo`: runs the embedded mail server and the daemon with config/demo.yaml and shows what the
daemon exports, once a second, until Ctrl-C. Everything shown is read from /metrics."""
import argparse
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import urllib.request

PARSER = argparse.ArgumentParser(description=__doc__)
PARSER.add_argument("build", help="build folder with mailprobed and tests/mailprobed-loopback")
PARSER.add_argument("--seconds", type=float, default=0, help="stop after this long (0: at Ctrl-C)")
ARGS = PARSER.parse_args()

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "build/demo"
URL = "http://127.0.0.1:10995"
SERIES = re.compile(r'^mailprobed_(\w+)\{(.*)\} (\S+)$', re.M)
LABEL = re.compile(r'(\w+)="([^"]*)"')
SPINNER = "|/-\\"
# What happens to each account's mail; the names are those of config/demo.yaml.
FAULTS = [
    "smtp DOT delay_delivery delivery=uniform:2s:8s user=slow",
    "smtp DOT lose user=lossy p=0.3",
    "smtp LOGIN refuse user=refused-login",
]


def tell(text):
    """Shows what is waited for, on one line that the next one takes the place of; only to people."""
    if sys.stderr.isatty():
        columns = max(os.get_terminal_size(sys.stderr.fileno()).columns, 2) - 1
        print(f"\r{text[:columns]:<{columns}}\r", end="", file=sys.stderr, flush=True)


def start(name, *command):
    log = open(WORK / f"{name}.log", "wb")
    return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)


def loopback_command(build):
    command = [f"{build}/tests/mailprobed-loopback", "--cert-dir", str(WORK), "--delay",
               "uniform:50ms:400ms"]
    for user in ("healthy", "slow", "lossy", "refused-login"):
        command += ["--account", f"{user}@demo.test:{user}:in-the-open"]
    for fault in FAULTS:
        command += ["--fault", fault]
    return command


def wait_for(what, ready, process, log):
    began = time.monotonic()
    for _ in range(200):
        if ready():
            tell("")
            return
        tell(f"starting {what}: {time.monotonic() - began:.1f} s")
        if process.poll() is not None:
            break
        time.sleep(0.02)
    sys.exit(f"{what} did not start:\n{(WORK / log).read_text(errors='replace')}")


def scrape():
    try:
        with urllib.request.urlopen(URL + "/metrics", timeout=2) as answer:
            return answer.read().decode()
    except OSError:
        return None


def values_of(text):
    """The samples of a scrape that belong to a probe."""
    values = {}
    for name, labels, value in SERIES.findall(text):
        labels = dict(LABEL.findall(labels))
        probe = labels.pop("probe", None)
        if probe:
            values.setdefault(probe, {})[(name, *sorted(labels.values()))] = float(value)
    return values


def table(values):
    lines = [f"{'PROBE':<15}{'SENT':>6}{'PENDING':>9}{'DELIVERED':>11}{'LAST LATENCY':>18}  VERDICTS"]
    for probe, v in sorted(values.items()):
        latency = "-"
        if v[("verdicts_total", "delivered")]:
            latency = (f"{v[('last_round_trip_seconds',)]:.3f} s"
                       f" ±{v[('last_uncertainty_seconds',)]:.3f}")
        bad = [f"{key[1]} {int(n)}" for key, n in v.items()
               if key[0] == "verdicts_total" and key[1] != "delivered" and n]
        why = [f"({key[2]}: {key[1]})" for key, n in v.items()
               if key[0] == "send_failures_total" and n]
        lines.append(f"{probe:<15}{int(v[('mails_started_total',)]):>6}"
                     f"{int(v[('pending_mails',)]):>9}"
                     f"{int(v[('verdicts_total', 'delivered')]):>11}{latency:>18}"
                     f"  {', '.join(bad) or 'all delivered'} {' '.join(why)}")
    return lines


def waiting(values, seconds):
    """What has happened so far in a sentence: before the first verdict there is little else to see."""
    pending, verdicts = (sum(int(value) for v in values.values() for key, value in v.items()
                             if key[0] == name) for name in ("pending_mails", "verdicts_total"))
    text = f"{SPINNER[int(seconds) % len(SPINNER)]} {seconds:.0f} s"
    if not verdicts:
        return f"{text}: waiting for the first mail to arrive, {pending} under way"
    return f"{text}: {verdicts} mails judged, {pending} under way; Ctrl-C ends the demo"


def show(loopback, daemon):
    began = time.monotonic()
    drawn = 0
    while not ARGS.seconds or time.monotonic() - began < ARGS.seconds:
        for name, process in (("mailprobed-loopback", loopback), ("mailprobed", daemon)):
            if process.poll() is not None:
                sys.exit(f"{name} ended by itself; see {WORK}")
        values = values_of(scrape() or "")
        lines = table(values)
        if sys.stdout.isatty():
            lines += ["", waiting(values, time.monotonic() - began)]
        if sys.stdout.isatty() and drawn:
            print(f"\x1b[{drawn}A", end="")
        print("\n".join(f"{line}\x1b[K" if sys.stdout.isatty() else line for line in lines))
        sys.stdout.flush()
        drawn = len(lines)
        time.sleep(1)


def main():
    WORK.mkdir(parents=True, exist_ok=True)
    if scrape() is not None:
        sys.exit(f"something already answers at {URL}; is another demo running?")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    build = os.path.abspath(ARGS.build)
    (WORK / "ca.pem").unlink(missing_ok=True)
    processes = []
    try:
        processes.append(start("loopback", *loopback_command(build)))
        wait_for("mailprobed-loopback", (WORK / "ca.pem").exists, processes[0], "loopback.log")
        processes.append(start("mailprobed", f"{build}/mailprobed", "--config", "config/demo.yaml"))
        wait_for("mailprobed", scrape, processes[1], "mailprobed.log")
        print(f"Metrics: {URL}/metrics   Page: {URL}/   Logs: {WORK.relative_to(ROOT)}/*.log")
        print("The same from the program: "
              f"{os.path.relpath(build, ROOT)}/mailprobed status --watch")
        print("One mail in the terminal: "
              f"{os.path.relpath(build, ROOT)}/mailprobed --config config/demo.yaml"
              " once healthy --transcript")
        if sys.stdout.isatty():
            print()
        else:
            print("Ctrl-C ends the demo.\n")
        show(*processes)
    except KeyboardInterrupt:
        print()
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait(timeout=10)


main()
