#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills the daemon at random moments and at every change of its journal's files, starts it again, and
lets an independent judge compare the embedded server's log with the ledger. README.md says how."""
import argparse
import collections
import concurrent.futures
import pathlib
import shutil
import sys
import time

from campaign import SITES, Campaign
from kill_judge import VERDICTS, Judge
from kill_rules import MARGIN, SLOW_MARGIN
from summary import summarize

FAULTS = ("unaccounted", "wrong verdict", "sent twice", "wrong evidence", "wrong counter",
          "slot used twice")
CALLS = ("pwrite", "fsync", "ftruncate")
# From so many runs on each of these calls is met in each way, about ten times and more.
LONG = 500


def campaign(folder, programs, seed, runs, first_starts, long):
    one = Campaign(folder, programs, seed)
    one.run(runs, first_starts)
    judge = Judge(folder, MARGIN if long else SLOW_MARGIN).judge()
    return {"runs": one.runs[:-1], "first": one.first_starts, "counts": judge.counts,
            "verdicts": judge.verdicts, "complaints": judge.complaints,
            "forgotten": judge.forgotten, "folder": folder}


def report(results, seconds):
    kills, starts, counts, verdicts = (collections.Counter() for _ in range(4))
    for result in results:
        kills.update((run["site"], run["how"]) for run in result["runs"])
        starts.update((run["site"], run["how"]) for run in result["first"])
        counts.update(result["counts"])
        verdicts.update(result["verdicts"])
    runs = kills.total() + starts.total()
    print(f"{'runs of the daemon ended by force':44}{runs:>8}")
    print(f"{'  at random moments':44}{kills['random', '']:>8}")
    print(f"{'  while it was ending by SIGTERM':44}{kills['ending', '']:>8}")
    for (site, how), times in sorted(kills.items()):
        if site not in ("random", "ending"):
            print(f"{f'  {how} a {site} of the journal':44}{times:>8}")
    print(f"{'  in a first start, at a write site':44}{starts.total():>8}")
    print(f"{'mails':44}{counts['mails']:>8}")
    for verdict in VERDICTS:
        print(f"{'  ' + verdict:44}{verdicts[verdict]:>8}")
    print(f"{'  with more than one verdict possible':44}{counts['open']:>8}")
    print(f"{'  tried a second time after a 4yz':44}{counts['retries']:>8}")
    print(f"{'runs whose counters were read':44}{counts['scraped']:>8}")
    print(f"{'  identities of a probe checked in them':44}{counts['still']:>8}")
    for fault in FAULTS:
        print(f"{fault:44}{counts[fault]:>8}")
    forgotten = max(result["forgotten"] for result in results) / 1e6
    print(f"{'an accepted answer was forgotten after, ms':44}{forgotten:>8.1f}")
    late = max(run["late"] for result in results for run in result["runs"]) / 1e6
    print(f"{'the machine was late by at most, ms':44}{late:>8.1f}")
    print(f"{'seconds':44}{seconds:>8.0f}")
    summarize("kills", f"{runs} runs, {counts['mails']} mails, " +
              ", ".join(f"{counts[fault]} {fault}" for fault in FAULTS))
    return runs, kills, counts, verdicts


def too_little(wanted, runs, kills, counts, verdicts):
    """What a run of this length must have seen, or it proves less than it seems to."""
    seen = {"runs": runs >= wanted}
    seen.update({verdict: verdicts[verdict] > 0 for verdict in ("delivered", "send_failed")})
    if wanted >= LONG:
        seen.update({f"{how} a {call}": kills[call, how] > 0 for call in CALLS for how in SITES})
        seen.update({verdict: verdicts[verdict] > 0 for verdict in VERDICTS})
        seen.update({"kills at random": kills["random", ""] > 0,
                     "kills while ending": kills["ending", ""] > 0,
                     "counters read": counts["scraped"] > 0, "retries": counts["retries"] > 0})
        # A judge to whom much is allowed finds little.
        seen["few mails with several permitted verdicts"] = counts["open"] * 10 <= counts["mails"]
    return [f"too little happened: {what}" for what, enough in seen.items() if not enough]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000, help="runs to kill, over all campaigns")
    parser.add_argument("--jobs", type=int, default=4, help="campaigns at a time")
    parser.add_argument("--first-starts", type=int, default=1000, help="first starts to kill")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    for name in ("daemon", "loopback", "crash"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path, help="is emptied; keeps logs and ledgers")
    args = parser.parse_args()
    folder = args.folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    programs = {name: getattr(args, name).resolve() for name in ("daemon", "loopback", "crash")}
    print(f"kill: {args.runs} runs in {args.jobs} campaigns, seed {args.seed}", flush=True)
    began = time.monotonic()
    with concurrent.futures.ProcessPoolExecutor(args.jobs) as pool:
        shares = [args.runs // args.jobs + (n < args.runs % args.jobs) for n in range(args.jobs)]
        futures = [pool.submit(campaign, folder / str(n), programs, args.seed + n, share,
                               args.first_starts if n == 0 else 0, args.runs >= LONG)
                   for n, share in enumerate(shares)]
        results = [future.result() for future in futures]
    figures = report(results, time.monotonic() - began)
    complaints = [f"{r['folder'].name}: {c}" for r in results for c in r["complaints"]]
    complaints += too_little(args.runs, *figures)
    for complaint in complaints[:20]:
        print("\nWRONG: campaign " + complaint)
    if len(complaints) > 20:
        print(f"\n... and {len(complaints) - 20} more")
    print("\nkill: " + (f"{len(complaints)} complaints, see {args.folder}" if complaints else "ok"))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
