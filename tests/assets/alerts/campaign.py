#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws histories of a daemon (outages of every kind, restarts, reloads, scrapes that fail, clocks
that are wrong, routes that share a mailbox or an account) and holds the alert rules to what a
person who knows the history would say: an outage that lasts is told within its limit, nothing else
is blamed, and no page begins when it is long over. The judgement is made from the plan of the
history and knows nothing of the rules.

    campaign.py RULES_FOLDER WORK_FOLDER [FIRST COUNT]
    campaign.py --limits                         the limits as RUNBOOK.md has them"""
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import random
import subprocess
import sys

from story import Fate, Probe, Story, delivered, refused

os.environ.setdefault("GOGC", "800")
M, H = 60, 3600
RULES = "mailprobed.rules.yml"


@dataclasses.dataclass
class Kind:
    """A kind of outage: which alert must tell it, which others may, and within which time: how many
    deadlines, graces and intervals."""
    words: str
    must: str
    may: tuple
    deadlines: int = 0
    graces: int = 0
    intervals: int = 2
    more: int = 0  # seconds that the kind adds

    def limit(self, probe):
        """Seconds from the beginning of the outage."""
        return (self.deadlines * probe.deadline + self.graces * probe.grace
                + self.intervals * probe.interval + self.more)

    def text(self):
        """The limit in words."""
        parts = [word for count, word in ((self.deadlines, "deadline"), (self.graces, "grace"))
                 if count]
        return " + ".join([*parts, f"{self.intervals} intervals"])


DOWN, LOGIN, BOX = "MailprobedRouteDown", "MailprobedLoginRefused", "MailprobedMailboxUnreadable"
KINDS = {
    "refused": Kind("the submission server refuses connection, TLS, sender or mail", DOWN, ()),
    "bounced": Kind("mails are bounced (from the report on)", DOWN, (), more=20),
    # New mails come while those of the outage reach their deadlines: every other verdict is `lost`.
    "lost": Kind("mails are taken and never come", DOWN,
                 ("MailprobedMailOverdue", "MailprobedRouteFlaky"), 1, more=5),
    "stalled": Kind("no mail is started any more", DOWN, ("MailprobedTicksMissed",), 1, 0, 4),
    "slow": Kind("every mail is later than slo_latency (from its arrival on)",
                 "MailprobedDeliverySlow", ("MailprobedMailOverdue",), 1),
    "login": Kind("the submission server refuses the login", LOGIN, ()),
    "mailbox": Kind("the mailbox cannot be read", BOX, ("MailprobedMailboxFlaky",), 1, 1),
    "box_login": Kind("the mailbox refuses the login", BOX, ("MailprobedMailboxLoginRefused",), 1, 1),
    "crashes": Kind("mailprobed ends at each mail it starts", "MailprobedUnstable", (), 1, 0, 3),
    "half_lost": Kind("every other mail is lost", "MailprobedRouteFlaky", (), 1, 0, 10),
    "half_unseen": Kind("every other mail gets no answer", "MailprobedMailboxFlaky", (), 1, 1, 10),
}


def limits():
    """The table of RUNBOOK.md."""
    rows = ["| what is wrong | alert | told, at the latest, after |", "|---|---|---|"]
    rows += [f"| {kind.words} | `{kind.must}` | {kind.text()} |" for kind in KINDS.values()]
    return "\n".join(rows)


@dataclasses.dataclass
class Plan:
    """One history."""
    seed: int
    kind: str
    story: Story
    hit: Probe
    start: float
    end: float
    blind: float  # seconds after the outage began in which no scrape told anything
    gap: float    # the longest of them
    restarted: bool  # once in each interval of the outage, or more often


def _outage(dice, kind, probes, start, end):
    """Makes it."""
    hit = probes[0]
    # What is wrong with an account or a mailbox is wrong with all routes that use it.
    same = [one for one in probes if one.account == hit.account]
    if kind == "refused":
        hit.during(start, end, refused(*dice.choice([
            ("connect", "refused"), ("connect", "timeout"), ("tls", "tls_expired"),
            ("greeting", "rejected"), ("envelope", "rejected"), ("accept", "rejected")])))
    elif kind == "bounced":
        hit.during(start, end, Fate("bounced", 20))
    elif kind == "lost":
        hit.lost(start, end)
    elif kind == "slow":
        hit.during(start, end, delivered(dice.uniform(hit.slo + 15, max(hit.slo + 20, .9 * hit.deadline))))
    elif kind == "stalled":
        hit.stalled(start, end)
    elif kind == "login":
        for one in same:
            one.login_refused(start, end)
    elif kind in ("mailbox", "box_login"):
        for one in same:
            one.unreadable(start, end, "refused" if kind == "mailbox" else "auth_rejected")
    elif kind == "half_lost":
        hit.lost(start, end, every=2)
    elif kind == "half_unseen":
        hit.during(start, end, Fate("unobserved", hit.deadline + hit.grace), every=2)
    elif kind == "crashes":
        for one in same:
            one.during(start, end, Fate("send_failed", one.deadline + 2, stage="accept", cause="interrupted"))


def _restarts(dice, story, plan_end, kind, start, end, hit):
    """Ends the daemon now and then; for `crashes` at each mail. When, and for how long."""
    gone = []
    if kind == "crashes":
        at = 5.0
        while at < end:
            if at >= start:
                gone.append((at + 1, dice.choice([5, 12, 20])))
            at += hit.interval
    elif dice.random() < .15:
        gone = [(at, 20) for at in range(20 * M, int(plan_end), H)]
    elif dice.random() < .5:
        gone = [(dice.uniform(5 * M, plan_end), dice.choice([3, 20, 45]))
                for _ in range(dice.randint(1, 3))]
    for at, away in gone:
        story.restart(at, away)
    return gone


def draw(seed):
    """The history of this number."""
    dice = random.Random(seed)
    kind = dice.choice(["none", *KINDS])
    interval = dice.choice([M, M, M, 2 * M, 5 * M])
    if seed % 25 == 24:
        interval = H
    scrape = {M: dice.choice([15, 30, 60]), 2 * M: 30}.get(interval, 60)
    deadline = max(90, dice.choice([interval // 2, 2 * interval, 5 * interval]))
    numbers = {"interval": interval, "deadline": deadline, "slo": min(60, deadline // 3),
               "grace": dice.choice([M, 3 * M])}
    hit = Probe("a", "me", **numbers)
    probes = [hit]
    if dice.random() < .6:
        probes.append(Probe("b", "me", **numbers))
    probes.append(Probe("c", "other", **numbers))
    if dice.random() < .3:
        probes.append(Probe("d", "third", **numbers).present(dice.uniform(20, 60) * M))
    start = 5 * interval + deadline + dice.uniform(10, 11) * M
    limit = KINDS[kind].limit(hit) if kind != "none" else interval
    end = start + limit * dice.choice([.3, .7, 1.5, 2, 3, 4])
    over = end + interval + deadline + hit.grace + 4 * interval + 10 * M
    story = Story(*probes, scrape=scrape, minutes=int(over // M))
    story.skewed(dice.choice([0, 0, 37, -600, 600, H, 24 * H]))
    if dice.random() < .4:
        story.reloaded_every(dice.choice([3 * M, 10 * M]))
    gone = _restarts(dice, story, over, kind, start, end, hit)
    ends = [at for at, _ in gone if start < at < end]
    restarted = len(ends) >= 3 and len(ends) * min(interval, deadline) >= end - start - interval
    if dice.random() < .4:
        for _ in range(dice.randint(1, 3)):
            at, away = dice.uniform(5 * M, over), dice.uniform(scrape, 4 * M)
            story.no_scrape(at, at + away)
            gone.append((at, away))
    if kind != "none":
        _outage(dice, kind, probes, start, end)
    blind = sum(away + 2 * scrape for at, away in gone if at + away > start)
    return Plan(seed, kind, story, hit, start, end, blind, max([0, *(away for _, away in gone)]),
                restarted)


def title(plan):
    """What the history is, for whom it fails."""
    hit = plan.hit
    return (f"seed {plan.seed}: {plan.kind} from {plan.start:.0f} to {plan.end:.0f} s; interval "
            f"{hit.interval}, deadline {hit.deadline}, grace {hit.grace}, scrapes {plan.story.scrape} s")


def _nothing(expression, at):
    return {"expr": expression, "eval_time": f"{at}s", "exp_samples": []}


def checks(plan):
    """What must hold, in promtool's words."""
    scrape, hit = plan.story.scrape, plan.hit
    horizon = int(plan.story.horizon // scrape) * scrape
    kind = KINDS.get(plan.kind)
    allowed = ["none", *((kind.must, *kind.may) if kind else ())]
    # Where no mail could live until its verdict, nobody can see that none was started.
    if plan.kind == "stalled" and plan.restarted:
        allowed.append("MailprobedUnstable")
    if plan.gap + 2 * scrape > 2 * M:
        allowed.append("MailprobedDown")
    firing = 'ALERTS{alertstate="firing",severity!="none"'
    found = [_nothing(f'max by (alertname, probe, mailbox) (max_over_time({firing},'
                      f'alertname!~"{"|".join(allowed)}"}}[{horizon}s]))', horizon)]
    # What is wrong with one route says nothing of the others.
    found.append(_nothing(f'max by (alertname, probe) (max_over_time({firing},probe=~"c|d"}}[{horizon}s]))',
                          horizon))
    if kind:
        told = plan.start + kind.limit(hit) + 2 * scrape + plan.blind
        if plan.end >= told:
            at = int(told // scrape) * scrape
            found.append({"expr": f'count(max_over_time({firing},alertname="{kind.must}"}}'
                                  f'[{int(at - plan.start)}s])) > bool 0',
                          "eval_time": f"{at}s", "exp_samples": [{"labels": "{}", "value": 1}]})
        begin = int(plan.end + hit.interval + hit.deadline + hit.grace + 2 * scrape + plan.blind)
        if horizon - begin >= 2 * scrape:
            pages = f'ALERTS{{alertstate="firing",severity="page",alertname!="MailprobedDown"}}'
            found.append(_nothing(f'max_over_time(({pages} unless {pages} offset {scrape}s)'
                                  f'[{horizon - begin}s:{scrape}s])', horizon))
    return [{**one, "expr": f"{one['expr']} # {title(plan)}"} for one in found]


def play(plans, rules, file):
    """What promtool says against the rules; nothing if all is well."""
    scrape = plans[0].story.scrape
    tests = [{"name": title(plan), "interval": f"{scrape}s", "input_series": plan.story.series(),
              "promql_expr_test": checks(plan)} for plan in plans]
    file.write_text(json.dumps({"rule_files": [str(rules / RULES)], "tests": tests,
                                "evaluation_interval": f"{scrape}s"}, indent=1))
    result = subprocess.run(["promtool", "test", "rules", file], capture_output=True, text=True,
                            check=False)
    return "" if result.returncode == 0 else (result.stdout + result.stderr).strip()


def main(rules, work, first=0, count=300):
    """Exit status."""
    rules, work = pathlib.Path(rules).resolve(), pathlib.Path(work)
    work.mkdir(parents=True, exist_ok=True)
    groups, drawn = {}, [draw(seed) for seed in range(int(first), int(first) + int(count))]
    for plan in drawn:
        groups.setdefault(plan.story.scrape, []).append(plan)
    parts = [(group[n:n + 8], work / f"{scrape}s-{n}.yml") for scrape, group in groups.items()
             for n in range(0, len(group), 8)]
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        faults = []
        for said in pool.map(lambda part: play(part[0], rules, part[1]), parts):
            if said:
                faults.append(said)
                print(said, flush=True)
    kinds = {kind: sum(plan.kind == kind for plan in drawn) for kind in ["none", *KINDS]}
    must = sum(len(checks(plan)) > 3 for plan in drawn)
    print(f"{len(drawn)} histories, {must} with an outage that lasts: " +
          ", ".join(f"{count} {kind}" for kind, count in kinds.items()))
    return 1 if faults else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--limits"]:
        print(limits())
        sys.exit(0)
    sys.exit(main(*sys.argv[1:]))
