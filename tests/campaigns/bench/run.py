#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make bench`: what mailprobed costs and how true its latencies are, beside a minimal C client on
the same server in the same run. Prints tables, writes JSON, fails where a promise is broken."""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import report
import truth

ROOT = pathlib.Path(__file__).resolve().parents[3]
PARSER = argparse.ArgumentParser(description=__doc__)
PARSER.add_argument("build", help="build folder with mailprobed and tests/")
PARSER.add_argument("--json", default=ROOT / "build/bench.json", help="where the results go")
PARSER.add_argument("--repeat", type=int, default=5, help="measurements of each cost; median counts")
PARSER.add_argument("--seconds", type=float, default=200,
                    help="no further repetition is begun that might end later than this")
PARSER.add_argument("--only", choices=["simulation", "cost", "daemon", "memory", "accuracy"],
                    action="append", help="run these parts alone (repeatable)")
PARSER.add_argument("--smoke", action="store_true",
                    help="a few mails through each of the programs, whatever time they take")
ARGS = PARSER.parse_args()
BUILD = pathlib.Path(ARGS.build).resolve()
LOOPBACK = BUILD / "tests/mailprobed-loopback"
BENCH = BUILD / "tests/mailprobed-bench"
CLIENT = BUILD / "tests/mailprobed-bench-client"

# In flight, connection, round trips measured, ms from the dot to the look. The look must not come
# before a busy server has taken the mail, or it would be made twice.
CELLS = [(1, "plain", 1500, 2), (100, "plain", 4000, 30), (1000, "plain", 4000, 250),
         (100, "pipelining", 4000, 30),
         (1, "TLS", 250, 4), (100, "TLS", 500, 150), (1000, "TLS", 1000, 1500)]
BEGAN = time.monotonic()


class Server:
    """A loopback server in an own process, logging nothing unless told to."""

    def __init__(self, folder, users, *options, before=None):
        command = [LOOPBACK, "--cert-dir", folder, "--smtp-port", "0", "--smtps-port", "0",
                   "--pop3-port", "0", "--pop3s-port", "0", *options]
        for user in users:
            command += ["--account", f"{user}@bench.test:{user}:bench"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                                        preexec_fn=before)
        self.ports = json.loads(self.process.stdout.readline())

    def options(self, tls=False):
        suffix = "s" if tls else ""
        result = ["--smtp", str(self.ports["smtp" + suffix]),
                  "--pop3", str(self.ports["pop3" + suffix])]
        return result + ["--ca", self.ports["ca"]] if tls else result

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def boxes(count):
    return [f"b{i}" for i in range(count)]


def run(program, *arguments, may_fail=False, before=None):
    """The JSON that a program prints; its log goes nowhere, as a journal is not measured here."""
    done = subprocess.run([program, *map(str, arguments)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, preexec_fn=before)
    if done.returncode != 0 and not (may_fail and done.stdout):
        sys.exit(f"{program} {' '.join(map(str, arguments))} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def measure_cell(server, lanes, kind, mails, first_ms):
    """All programs side by side, so that what disturbs the machine disturbs each of them."""
    common = [*server.options(kind == "TLS"), "--lanes", lanes, "--mails", mails,
              "--warm-up", lanes + 50]
    daemon = [*common, "--first-ms", first_ms]
    if kind == "pipelining":
        daemon.append("--pipelining")
    result = {"daemon": run(BENCH, "throughput", *daemon), "same": run(CLIENT, *common)}
    if kind == "plain":
        # Not in memory: a journal waits for a disk.
        with tempfile.TemporaryDirectory(prefix="bench-state-", dir=BUILD) as state:
            result["journal"] = run(BENCH, "throughput", *daemon, "--state", state)
    # Beside a handshake the fewer writes do not count.
    if kind != "TLS":
        result["least"] = run(CLIENT, *common, "--pipelined")
    return result


def summary(cell, runs):
    row = {"lanes": cell[0], "kind": cell[1], "runs": runs}
    for who in runs[0]:
        for what in ("cpu_us", "per_second"):
            row[f"{who}_{what}"] = statistics.median(r[who][what] for r in runs)
        row[f"ratio_to_{who}"] = statistics.median(
            r["daemon"]["cpu_us"] / r[who]["cpu_us"] for r in runs)
    if "journal" in runs[0]:
        row["journal_on_to_off"] = statistics.median(
            r["journal"]["cpu_us"] / r["daemon"]["cpu_us"] for r in runs)
    row["looks_per_mail"] = max(r["daemon"]["looks_per_mail"] for r in runs)
    row["failed"] = sum(r[who]["failed"] for r in runs for who in ("daemon", "journal") if who in r)
    return row


def measure_costs(server):
    runs = [[] for _ in CELLS]
    for turn in range(1, ARGS.repeat + 1):
        began = time.monotonic()
        for cell, cell_runs in zip(CELLS, runs):
            cell_runs.append(measure_cell(server, *cell))
        now = time.monotonic()
        if turn < ARGS.repeat and now + (now - began) - BEGAN > ARGS.seconds:
            break
    return [summary(cell, cell_runs) for cell, cell_runs in zip(CELLS, runs)]


def daemon_config(server, folder, probes, port):
    lines = ["instance: bench", f"state_directory: {folder}/state",
             f"web: {{listen: '127.0.0.1:{port}'}}",
             "defaults: {interval: 1s, tls: none, poll: {first: 50ms}}", "accounts:"]
    for name in boxes(probes):
        half = "host: 127.0.0.1, port: {}, allow_plaintext_auth: true, username: {}, password: bench"
        lines += [f"  - name: {name}", f"    address: {name}@bench.test",
                  f"    smtp: {{{half.format(server.ports['smtp'], name)}}}",
                  f"    pop3: {{{half.format(server.ports['pop3'], name)}}}"]
    lines.append("probes:")
    lines += [f"  - {{name: {name}, from: {name}, to: {name}}}" for name in boxes(probes)]
    path = pathlib.Path(folder) / f"daemon-{probes}.yaml"
    path.write_text("\n".join(lines) + "\n")
    return path


def delivered(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
               if line.startswith("mailprobed_verdicts_total") and 'verdict="delivered"' in line)


def processor_seconds(pid):
    """Of all threads, to the nanosecond."""
    tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def resident_bytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return 1024 * int(status.split("VmRSS:")[1].split()[0])


def measure_daemon(server, folder, probes, seconds):
    """The shipped program itself: one mail a second for each probe."""
    port = 10994
    config = daemon_config(server, folder, probes, port)
    with subprocess.Popen([BUILD / "mailprobed", "--config", config], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        try:
            time.sleep(2)
            if process.poll() is not None:
                sys.exit("mailprobed did not start; is something listening on port "
                         f"{port}? Configuration: {config}")
            mails, used = -delivered(port), -processor_seconds(process.pid)
            time.sleep(seconds)
            used += processor_seconds(process.pid)
            resident = resident_bytes(process.pid)
            mails += delivered(port)
        finally:
            process.terminate()
    pause = max(1_000_000 // probes - 800, 0)
    client = run(CLIENT, *server.options(), "--mails", probes * 2, "--pause-us", pause)
    return {"probes": probes, "mails": mails, "cpu_us": used / mails * 1e6,
            "client_cpu_us": client["cpu_us"], "ratio": used / mails * 1e6 / client["cpu_us"],
            "resident_bytes": resident}


def take_precedence():
    """Milliseconds are promised to a machine with time to spare, whatever else runs on this one."""
    if ARGS.smoke:
        return  # no time is asserted, and other tests run beside it
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except PermissionError:
        pass


def observe(folder, mailboxes, scale, seconds):
    log, output = f"{folder}/loopback.log", f"{folder}/observed"
    delay = f"log-uniform:{200 / scale}ms:{600 / scale}s"
    with Server(folder, boxes(mailboxes), "--delay", delay, "--log", log,
                before=take_precedence) as server:
        seen = run(BENCH, "accuracy", *server.options(), "--mailboxes", mailboxes, "--scale", scale,
                   "--seconds", seconds, "--output", output, before=take_precedence)
    return {**seen, "scale": scale, **truth.compare(log, output)}


def measure_accuracy(folder, mailboxes=60, scale=100, seconds=36):
    """A stall of the machine can only widen U - L, so the best of three counts for that bound; the
    others must hold every time."""
    tries = []
    while len(tries) < 3 and not (tries and tries[-1]["excess_p99"] <= report.MOST_EXCESS):
        tries.append(observe(folder, mailboxes, scale, seconds))
        report.accuracy(tries[-1])
    return tries


def measure_memory(folder, *wishes):
    faults = ["smtp DOT delay_delivery delivery=24h from=hold@bench.test",
              "smtp DATA stall from=slow@bench.test"]
    users = boxes(100) + ["warm", "hold", "slow"]
    with Server(folder, users, "--fault", faults[0], "--fault", faults[1]) as server:
        return run(BENCH, "memory", *server.options(), *wishes)


def smoke():
    """What nothing but the measurements runs must not rot between them."""
    with tempfile.TemporaryDirectory(prefix="mailprobed-bench-") as folder:
        results = {"accuracy": [observe(folder, mailboxes=4, scale=400, seconds=2)]}
        with Server(folder, boxes(10)) as server:
            cells = [(10, "pipelining", 60, 30), (10, "plain", 60, 30)]
            results["cost"] = [summary(cell, [measure_cell(server, *cell)]) for cell in cells]
        measure_memory(folder, "--mailboxes", 2, "--pending", 10, "--sessions", 2)
    promises = report.unkept(results)
    print(f"{results['accuracy'][0]['mails']} mails with their true instants", *promises, sep="\n")
    sys.exit(1 if promises else 0)


def main():
    if ARGS.smoke:
        smoke()
    wanted = ARGS.only or ["simulation", "cost", "daemon", "memory", "accuracy"]
    results = {"processors": os.cpu_count(), "load_before": os.getloadavg()[0]}
    # In memory: the server's log must not wait for a disk.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="mailprobed-bench-", dir=memory) as folder:
        if "simulation" in wanted:
            results |= run(BENCH, "simulate", may_fail=True)
            report.simulations(results["simulations"])
        if "accuracy" in wanted:
            results["accuracy"] = measure_accuracy(folder)
        if "memory" in wanted:
            results["memory"] = measure_memory(folder)
            report.memory(results["memory"])
        if "cost" in wanted or "daemon" in wanted:
            with Server(folder, boxes(1000)) as server:
                if "daemon" in wanted:
                    results["daemon"] = [measure_daemon(server, folder, probes, 5)
                                         for probes in (10, 100)]
                    report.daemon(results["daemon"])
                if "cost" in wanted:
                    results["cost"] = measure_costs(server)
                    report.costs(results["cost"])
    results["seconds"] = time.monotonic() - BEGAN
    results["broken"] = report.broken(results)
    path = pathlib.Path(ARGS.json)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n")
    print(f"\n{results['seconds']:.0f} s; results in {os.path.relpath(path)}")
    for promise in results["broken"]:
        print(f"BROKEN: {promise}")
    sys.exit(1 if results["broken"] else 0)


main()
