# SPDX-License-Identifier: Apache-2.0
"""The tables of `make bench` and its promises. Aims are shown, promises are kept."""
import os

MOST_BYTES_PENDING = 2048
MOST_EXCESS = 0.002
LEAST_MAILS = 2000


def aim(value, most):
    return f"{'ok' if value <= most else 'above'} (aim {most:g})"


def seconds(value):
    return f"{value * 1e3:.1f} ms" if abs(value) < 1 else f"{value:.1f} s"


def simulations(rows):
    print("Latency of mails delayed 0.2-600 s (log-uniform), one mail every 5 minutes for each\n"
          "probe, deadline 15 minutes; pure ledger and poll plan, simulated clock:\n"
          "probes/   logins/h   logins/   U-L               (U-L)/latency   U-true    in      over\n"
          "mailbox   (most)     mail      p50       p99     p50     p99     p99       [L,U]   plan p99")
    for r in rows:
        budget = str(r["logins_per_hour"] or "none")
        print(f"{r['probes']:<10}{budget + ' (' + str(r['most_logins_in_an_hour']) + ')':<11}"
              f"{r['logins_per_mail']:<10.2f}{seconds(r['uncertainty_p50']):<10}"
              f"{seconds(r['uncertainty_p99']):<8}{r['relative_p50']:<8.3f}"
              f"{r['relative_p99']:<8.3f}{seconds(r['error_p99']):<10}"
              f"{r['inside'] / r['mails']:<8.2%}{seconds(r['excess_p99'])}"
              f"{'  (slow server)' if r['slow_server'] else ''}")


def accuracy(r):
    print(f"\nReal sockets, delays {0.2 / r['scale'] * 1e3:g} ms to {600 / r['scale']:g} s: "
          f"{r['mails']} mails, {r['looks']} looks\n"
          f"  true instant in [L, U]      {r['inside'] / max(r['mails'], 1):.2%}\n"
          f"  U - L                       p50 {seconds(r['uncertainty_p50'])}, "
          f"p99 {seconds(r['uncertainty_p99'])}\n"
          f"  U - true instant            p99 {seconds(r['error_p99'])}\n"
          f"  U - L beyond planned gap    p50 {seconds(r['excess_p50'])}, "
          f"p99 {seconds(r['excess_p99'])}, most {seconds(r['excess_max'])}")


def memory(r):
    print(f"\nMemory, 100 mailboxes, {r['pending']} mails pending:\n"
          f"  resident for each pending mail   {r['bytes_per_pending_mail']:.0f} bytes "
          f"(must be <= {MOST_BYTES_PENDING})\n"
          f"  for each plaintext session       {r['bytes_per_session']:.0f} bytes, "
          f"{aim(r['bytes_per_session'], 6144)}")


def daemon(rows):
    print("\nThe daemon itself, one mail a second for each probe, plaintext:\n"
          "probes    CPU us/round trip   C client   ratio   resident")
    for r in rows:
        size = f"{r['resident_bytes'] / 1e6:.1f} MB"
        size += ", " + aim(r["resident_bytes"] / 1e6, 12) if r["probes"] == 10 else ""
        print(f"{r['probes']:<10}{r['cpu_us']:<20.0f}{r['client_cpu_us']:<11.0f}"
              f"{r['ratio']:<8.2f}{size}")


def costs(rows):
    print("\nCost of a round trip (send, look, delete), mails always in flight; `same` is the C client"
          "\nwith the same dialogue, `least` the one that pipelines all it may; daemon with `pipelining: on`\n"
          "(SMTP) in the rows called so; median of "
          f"{len(rows[0]['runs'])} turn(s):\n"
          "                       CPU us/round trip       ratio to        round trips/s     looks/\n"
          "            in flight  daemon  same    least   same    least   daemon  same      mail")
    for r in rows:
        least, to_least, note = "-", "-", ""
        if "ratio_to_least" in r:
            least, to_least = f"{r['least_cpu_us']:.0f}", f"{r['ratio_to_least']:.2f}"
        if r["kind"] == "plain" and r["lanes"] == 100:
            note = f"  least: {aim(r['ratio_to_least'], 1.6)}"
        print(f"{r['kind']:<12}{r['lanes']:<11}{r['daemon_cpu_us']:<8.0f}"
              f"{r['same_cpu_us']:<8.0f}{least:<8}{r['ratio_to_same']:<8.2f}{to_least:<8}"
              f"{r['daemon_per_second']:<8.0f}{r['same_per_second']:<10.0f}"
              f"{r['looks_per_mail']:.2f}{note}")
    print("\nThe same with the journal (each intent and each verdict on the disk before what follows),\n"
          "CPU time of both threads:\n"
          "            in flight  CPU us/round trip, on   off     ratio   round trips/s, on   off")
    for r in rows:
        if "journal_on_to_off" not in r:
            continue
        note = f"  {aim(r['journal_on_to_off'], 1.3)}" if r["lanes"] == 100 else ""
        print(f"{r['kind']:<12}{r['lanes']:<11}{r['journal_cpu_us']:<24.0f}"
              f"{r['daemon_cpu_us']:<8.0f}{r['journal_on_to_off']:<8.2f}"
              f"{r['journal_per_second']:<20.0f}{r['daemon_per_second']:<.0f}{note}")


def unkept(results):
    """What must hold however few mails there are and however slow the machine is."""
    found = []
    for r in results.get("accuracy", []):
        if r["mails"] == 0 or r["started"] != r["mails"]:
            found.append(f"only {r['mails']} of {r['started']} mails judged on real sockets")
        if r["inside"] != r["mails"]:
            found.append("the true instant lies outside [L, U] on real sockets")
    for r in results.get("cost", []):
        if r["failed"]:
            found.append(f"{r['failed']} mails or looks failed with {r['lanes']} in flight")
    return found


def broken(results):
    """What must hold and does not."""
    found = unkept(results)
    for r in results.get("simulations", []):
        if not r["kept"]:
            found.append(f"simulation of {r['probes']} probes, {r['logins_per_hour']} logins/hour: "
                         "a mail not delivered, an instant outside [L, U], U - L beyond the plan, "
                         "or more logins than allowed")
    r = results.get("memory")
    if r and (r["failed"] or r["bytes_per_pending_mail"] > MOST_BYTES_PENDING):
        found.append(f"a pending mail takes more than {MOST_BYTES_PENDING} bytes (or mails failed)")
    tries = results.get("accuracy", [])
    if any(r["mails"] < LEAST_MAILS for r in tries):
        found.append(f"fewer than {LEAST_MAILS} mails judged on real sockets")
    if tries and min(r["excess_p99"] for r in tries) > MOST_EXCESS:
        found.append("U - L exceeds the planned gap by more than 2 ms at p99 on real sockets "
                     f"(load average now {os.getloadavg()[0]:.1f})")
    return found
