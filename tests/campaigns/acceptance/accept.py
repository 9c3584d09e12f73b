#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Acceptance with the real things: daemon, embedded mail server, Prometheus, Alertmanager and a
webhook. Every kind of outage is made and mended while twenty healthy routes run beside it, one mail
in a hundred of which is lost; the table says which alert came, when, and what else came.

    accept.py MAILPROBED LOOPBACK [--short]      exits with 0 if all of it is as it should be"""
import dataclasses
import sys
import threading
import time

from stack import (DELAYED, EVALUATION, LOST, REFUSED_LOGIN, SCRAPE, Stack, fault_rules, losses)
from support.processes import eventually

INTERVAL, GRACE = 2, 2
SEED, SHARE, SHORT_SHARE, HEALTHY_INTERVAL = 5, 0.01, 0.04, 1
DOWN = "MailprobedRouteDown"


@dataclasses.dataclass
class Outage:
    """One kind of outage: how it is made and mended, and which alert it must bring."""
    name: str
    title: str
    alert: str
    deadline: int
    slow: bool          # told by verdicts that come with deadline and grace only
    hold: float         # how long it lasts after the page
    cause: str = ""     # what the page must say
    also: tuple = ()    # further alerts of the same route that are no mistake
    slo: str = "2s"
    begin: object = None
    end: object = None

    @property
    def limit(self):
        """Seconds that the page may take."""
        late = self.deadline + GRACE if self.slow else 0
        return late + 2 * INTERVAL + SCRAPE + EVALUATION


def prepare(stack, chosen):
    """The outages, each with its own account, probe and gate."""
    outages = []

    def add(outage, gates):
        if chosen and outage.name not in chosen:
            return
        halves = {half: {"port": gate.port} for half, gate in gates.items()}
        if outage.name == "expired":
            halves["smtp"].update(tls="implicit", ca_file=str(authority.file))
        stack.account(outage.name, **halves)
        stack.settings.probe(outage.name, interval=f"{INTERVAL}s", deadline=f"{outage.deadline}s",
                             verdict_grace=f"{GRACE}s", slo_latency=outage.slo)
        outages.append(outage)

    def past(gate, peer):
        return {"begin": lambda: gate.come_from(peer), "end": lambda: gate.come_from("127.0.0.1")}

    smtp = stack.gate("smtp")
    add(Outage("refused", "SMTP refused", DOWN, 8, False, 4, "stage connect, cause refused",
               begin=smtp.close, end=smtp.open), {"smtp": smtp})
    login = stack.gate("smtp")
    methods = iter(["plain", "login"] * 50)

    def let_in():
        login.come_from("127.0.0.1")
        # A refused login pauses for five minutes, unless what the daemon logs in with changes.
        stack.settings.change("login", "smtp", auth=next(methods))
        stack.reload()
    # Longer than deadline and three intervals: that the route is down as well is not said again.
    add(Outage("login", "auth refused", "MailprobedLoginRefused", 6, False, 16,
               "stage auth, cause auth_rejected", begin=lambda: login.come_from(REFUSED_LOGIN),
               end=let_in), {"smtp": login})
    way = stack.gate("smtp")
    add(Outage("loss", "silent loss", DOWN, 6, True, 4, "lost", ("MailprobedMailOverdue",),
               **past(way, LOST)), {"smtp": way})
    delay = stack.gate("smtp")
    add(Outage("slow", "slow delivery", "MailprobedDeliverySlow", 8, True, 4, "took longer than 1s",
               slo="1s", **past(delay, DELAYED)), {"smtp": delay})
    pop3 = stack.gate("pop3")
    add(Outage("unread", "POP3 down", "MailprobedMailboxUnreadable", 6, True, 8,
               "stage connect, cause refused", begin=pop3.close, end=pop3.open), {"pop3": pop3})
    if not chosen or "expired" in chosen:
        authority = stack.authority()
        good = authority.issue("good", "IP:127.0.0.1", days=60)
        bad = authority.issue("bad", "IP:127.0.0.1", expired=True)
        tls = stack.gate("smtp", good)
        add(Outage("expired", "certificate expired", DOWN, 8, False, 4,
                   "stage tls, cause tls_expired", begin=lambda: tls.show(*bad),
                   end=lambda: tls.show(*good)), {"smtp": tls})
    return outages


class Round:
    """One outage made and mended once."""

    def __init__(self, stack, outage):
        self.stack, self.outage = stack, outage
        self.page = self.resolved = None
        self.faults = []

    def play(self):
        """Makes it, waits for the page, mends it, waits for the end."""
        outage, sink = self.outage, self.stack.sink
        began = time.monotonic()
        outage.begin()
        page = self._await(began, True, outage.limit + 15)
        time.sleep(outage.hold)  # how long an outage lasts is part of the scene
        mended = time.monotonic()
        outage.end()
        if not page:
            self.faults.append(f"{outage.title}: no {outage.alert} within "
                               f"{outage.limit + 15} s")
            return
        self.page = page.at - began
        if self.page > outage.limit:
            self.faults.append(f"{outage.title}: the page took {self.page:.1f} s")
        last = sink.first(mended, outage.alert, outage.name) or page
        if outage.cause.lower() not in (page.description + last.description).lower():
            self.faults.append(f"{outage.title}: not a word of {outage.cause!r}: "
                               + page.description)
        end = self._await(mended, False, 60)
        if end:
            self.resolved = end.at - mended
        else:
            self.faults.append(f"{outage.title}: not resolved within 60 s")

    def _await(self, after, firing, within):
        try:
            return eventually("a notification", lambda: self.stack.sink.first(
                after, self.outage.alert, self.outage.name, firing), within)
        except AssertionError:
            return None


def wrong(stack, outages):
    """Notifications about somebody, or something, that they do not belong to."""
    right = {(outage.alert, outage.name) for outage in outages}
    right |= {(name, outage.name) for outage in outages for name in outage.also}
    found = {}
    for one in stack.sink.seen():
        if one.firing and (one.name, one.subject) not in right:
            found.setdefault((one.name, one.subject), one.description)
    return found


def play_rounds(stack, outages, rounds):
    """All outages at the same time, as they share nothing but the daemon; `rounds` times."""
    played = []
    for _ in range(rounds):
        now = [Round(stack, outage) for outage in outages]
        threads = [threading.Thread(target=one.play) for one in now]
        for thread in threads:
            thread.start()
            time.sleep(0.37)  # not all at one instant of their grids
        for thread in threads:
            thread.join()
        played += now
    return played


def table(outages, played, stray):
    """Prints what was measured."""
    print(f"{'OUTAGE':<22}{'ALERT':<29}{'TIME TO PAGE, s':<24}{'LIMIT, s':>9}"
          f"{'RESOLVED, s':>13}{'WRONG':>7}")
    for outage in outages:
        mine = [one for one in played if one.outage is outage]
        pages = " ".join(f"{one.page:.1f}" if one.page is not None else "-" for one in mine)
        ends = [one.resolved for one in mine if one.resolved is not None]
        others = sum(subject == outage.name for _, subject in stray)
        print(f"{outage.title:<22}{outage.alert:<29}{pages:<24}{outage.limit:>9}"
              f"{max(ends, default=float('nan')):>13.1f}{others:>7}")


def healthy_names(short):
    """The routes beside the outages."""
    return [f"healthy-{number:02}" for number in range(1, 7 if short else 21)]


def judge_healthy(stack, names, stray, short):
    """Prints how the healthy routes did; what is wrong with it."""
    metrics = stack.daemon.metrics()
    counts = {word: sum(metrics.value("verdicts_total", probe=name, verdict=word)
                        for name in names) for word in ("delivered", "lost")}
    total = sum(metrics.total("verdicts_total", probe=name) for name in names)
    pages = [key for key in stray if key[1] in names]
    print(f"healthy run: {len(names)} routes, {total:.0f} mails, {counts['lost']:.0f} lost one at a"
          f" time (seed {SEED}, {SHORT_SHARE if short else SHARE:.0%}), {len(pages)} pages")
    faults = [] if total == sum(counts.values()) else ["a healthy route had another verdict"]
    if counts["lost"] < (1 if short else 10):
        faults.append("too few losses to prove anything")
    return faults


def main(mailprobed, loopback, short=False):
    """Exit status."""
    began = time.monotonic()
    names = healthy_names(short)
    chosen = ("refused", "unread") if short else ()
    plan = losses(names, 400, SHORT_SHARE if short else SHARE, SEED)
    everybody = [*names, "refused", "login", "loss", "slow", "unread", "expired"]
    stack = Stack((mailprobed, loopback), everybody, list(fault_rules(plan)))
    try:
        outages = prepare(stack, chosen)
        for name in names:
            stack.account(name)
            stack.settings.probe(name, interval=f"{HEALTHY_INTERVAL}s", deadline="10s",
                                 verdict_grace="10s", slo_latency="5s")
        stack.start()
        eventually("every route delivers", lambda: all(
            stack.daemon.metrics().value("verdicts_total", probe=name, verdict="delivered") >= 4
            for name in [*names, *(outage.name for outage in outages)]), within=60)
        played = play_rounds(stack, outages, 1 if short else 5)
        stray = wrong(stack, outages)
        print(f"intervals {INTERVAL} s, grace {GRACE} s, scrapes and evaluations {SCRAPE} s apart; "
              "Alertmanager's group_wait is 0 here, where it is not it comes on top")
        table(outages, played, stray)
        faults = [fault for one in played for fault in one.faults]
        faults += judge_healthy(stack, names, stray, short)
    except AssertionError as error:
        print(stack.daemon.log() if stack.daemon else "", file=sys.stderr)
        faults, stray = [str(error)], {}
    finally:
        stack.close()
    for (name, subject), description in stray.items():
        faults.append(f"wrong: {name} of {subject}: {description}")
    print("\n".join(f"WRONG: {fault}" for fault in faults) or "acceptance: ok",
          f"({time.monotonic() - began:.0f} s)")
    return 1 if faults else 0


if __name__ == "__main__":
    if not 3 <= len(sys.argv) <= 4:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2], "--short" in sys.argv))
