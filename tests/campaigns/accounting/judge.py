#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Computes the verdict that every mail of a run should have got, from the embedded server's log and
the rule table of docs/claims.md, and holds the daemon's verdicts against it. Of the daemon it
takes settings and what only a client can know (the instants of first connect, final dot and login
command, how many replies it read), never an opinion; it shares no code with it.

    judge.py FOLDER [RUNNER MAILS]    runs RUNNER first, if it is given"""
import collections
import json
import pathlib
import subprocess
import sys

from looks import Mailbox
from rules import expected_failure, expected_story
from server_log import ServerLog, mail_of_tag

VERDICTS = ("delivered", "send_failed", "lost", "unobserved")
MILLISECOND = 1_000_000
SUBMISSION_TIME = 4500 * MILLISECOND  # `times.total` in scene.cpp
# Which entry is left out for the sessions that reading it ended, or cannot be read in time one by
# one, is the daemon's memory. It may claim less than the log shows if it says one of these reasons.
ITS_MEMORY = ("a message that ended several sessions was left out",
              "more messages than one look reads one by one",
              "more messages than one look reads must be read again",
              "a message is listed but cannot be read",
              "the time for the whole session is up", "no time left")


def read_lines(path):
    with open(path, encoding="ascii") as lines:
        return [json.loads(line) for line in lines]


class Mail:
    """What the daemon told of one mail."""

    def __init__(self, identity, probe):
        self.id, self.probe = identity, probe
        self.submission = None
        self.verdicts = []
        self.evidence = collections.Counter()


class Judge:
    def __init__(self, folder):
        self.settings = json.loads((folder / "settings.json").read_text())
        self.log = ServerLog(folder / "loopback.jsonl")
        self.strangers = {s["id"]: s for s in read_lines(folder / "strangers.jsonl")}
        self.complaints = list(self.log.problems)
        self.mails, self.looks, self.end = {}, collections.defaultdict(list), None
        self.given_up = 0
        self.blind = 0  # looks that claim less than the log shows
        self.blinded = set()  # mailboxes whose last look said so
        self.table = collections.defaultdict(collections.Counter)
        self.look_table = collections.defaultdict(collections.Counter)
        self.evidence = collections.Counter()
        self.boxes = {}
        for told in read_lines(folder / "history.jsonl"):
            what = told["what"]
            if what == "started":
                if told["mail"] in self.mails:
                    self.complaints.append(f"mail {told['mail']} started twice")
                self.mails[told["mail"]] = Mail(told["mail"], told["probe"])
            elif what == "submission":
                self.mails[told["mail"]].submission = told
            elif what == "verdict":
                self.mails[told["mail"]].verdicts.append(told)
            elif what == "evidence":
                self.take_evidence(told)
            elif what == "look":
                box = self.boxes.setdefault(told["mailbox"], Mailbox(
                    self.owner_of, lambda entry: self.log.entries[entry]["uidl"],
                    self.settings["scan_limit"]))
                self.take_look(told, box)
            elif what in ("bug", "missed"):
                self.notice(told)
            elif what == "end":
                self.end = told

    def notice(self, told):
        if told["what"] == "bug":
            self.complaints.append(f"the daemon had an internal error: {told}")

    def owner_of(self, entry):
        """The mail of which an entry of a mailbox is an arrival, or None."""
        stranger = self.strangers.get(entry)
        if stranger is not None and stranger["kind"] != "orphan":
            return None
        return mail_of_tag(self.log.entries[entry].get("tag", ""))

    def take_evidence(self, told):
        if told["mail"] in self.mails:
            self.mails[told["mail"]].evidence[told["kind"]] += 1
        else:
            self.evidence["orphan of " + told["mail"], told["kind"]] += 1

    def take_look(self, told, box):
        session = self.log.sessions.get(told["peer"])
        look = box.look(told, session)
        look.ended = told["ended"]
        self.looks[told["mailbox"]].append(look)
        if session is not None and not session.faults() and session.end not in ("quit", "cut"):
            self.given_up += 1
        faults = ["pop3 refused"] if session is None else session.faults()
        for fault in set(faults) or {"(none)"}:
            self.look_table[fault]["complete" if look.complete else "incomplete"] += 1
        remembers = told["detail"].startswith(ITS_MEMORY)
        if told["complete"]:
            self.blinded.discard(told["mailbox"])
        elif remembers:
            self.blinded.add(told["mailbox"])
        # An end without an answer to QUIT is told in place of the reason, which lasts.
        remembers |= told["stage"] == "quit" and told["mailbox"] in self.blinded
        if look.complete and not told["complete"] and remembers:
            look.complete = False
            self.blind += 1
        if look.complete != told["complete"]:
            self.complain(f"look {look.peer}: complete is {look.complete}, the daemon says "
                          f"{told['complete']}", session, told)
        if session is not None and session.login_at is not None:
            if look.login is None or not session.at - 100 * MILLISECOND < look.login < (
                    session.login_at):
                self.complain(f"look {look.peer}: login command at {look.login}, login at "
                              f"{session.login_at}", session, told)
            wanted = len(session.deleted) if look.confirmed else 0
            if wanted != told["deleted"]:
                self.complain(f"look {look.peer}: {wanted} mails were deleted, the daemon says "
                              f"{told['deleted']}", session, told)
            for entry in session.deleted:
                if self.owner_of(entry) is None:
                    self.complain(f"look {look.peer}: entry {entry} is not ours and was deleted: "
                                  f"{self.strangers.get(entry)}", session, told)

    def complain(self, what, *stories):
        for story in stories:
            what += "\n" + ("".join("    " + line for line in story.lines)
                            if hasattr(story, "lines") else f"    {story}")
        self.complaints.append(what)

    def judge(self, mail):
        """Compares one mail; True if everything agrees."""
        probe = self.settings["probes"][mail.probe]
        session = mail.submission and self.log.sessions.get(mail.submission["peer"])
        known = (mail.submission, session, probe, self.looks[probe["mailbox"]], mail.id)
        story = expected_story(*known)
        if mail.verdicts and mail.verdicts[0]["verdict"] != story.verdict:
            # That a look begins is heard a moment after the ledger knew it.
            story = expected_story(*known, moment=50 * MILLISECOND)
        wrong = []
        if len(mail.verdicts) != 1:
            wrong.append(f"{len(mail.verdicts)} verdicts")
            self.tell(mail, session, story, wrong)
            return False
        told = mail.verdicts[0]
        faults = ["smtp refused"] if session is None else session.faults()
        for fault in set(faults) or {"(none)"}:
            self.table[fault][told["verdict"]] += 1
        if told["verdict"] != story.verdict:
            wrong.append(f"verdict {told['verdict']}, expected {story.verdict}")
        elif story.verdict == "send_failed":
            wanted = expected_failure(session, probe["tls"])
            if wanted is not None and self.was_short_of_time(told, story, session):
                wanted += [(stage, "timeout") for stage, _ in wanted]
            if wanted is not None and (told["stage"], told["cause"]) not in wanted:
                wrong.append(f"failed at {told['stage']} {told['cause']}, expected {wanted}")
        elif story.verdict == "delivered":
            wrong += self.check_delivered(told, story)
        if mail.evidence != story.evidence:
            wrong.append(f"evidence {dict(mail.evidence)}, expected {dict(story.evidence)}")
        for kind, count in mail.evidence.items():
            self.evidence["all", kind] += count
        if wrong:
            self.tell(mail, session, story, wrong)
        return not wrong

    @staticmethod
    def was_short_of_time(told, story, session):
        """The fault came when the time of the whole submission was nearly up, on a busy machine."""
        return (told["detail"].startswith("no time left") and session is not None and
                session.steps[-1].at > story.started + SUBMISSION_TIME - 1000 * MILLISECOND)

    def check_delivered(self, told, story):
        lower, upper = told["lower"], told["upper"]
        if lower != story.lower:
            yield f"L is {lower}, expected {story.lower}"
        first, last = story.look.listing
        if not first <= upper or (last is not None and not upper <= last):
            yield f"U is {upper}, the listing was read in [{first}, {last}]"
        truth = min(self.log.entries[e]["visible_ns"] for e in story.look.shown[story.mail])
        if not lower <= truth <= upper:
            yield f"visible at {truth}, not in [{lower}, {upper}]"
        if told["uncertain"] != (upper > story.deadline):
            yield f"deadline_uncertain is {told['uncertain']}"
        if story.unmeasured is not None and told["unmeasured"] != story.unmeasured:
            yield f"unmeasured is {told['unmeasured']}"
        entries = story.look.shown[story.mail]
        body = "intact"
        if not any(entry in story.look.read for entry in entries):
            body = "unread"
        elif self.log.entries[entries[0]]["fate"] == "altered":
            body = "altered"
        if told["body"] != body:
            yield f"body {told['body']}, expected {body}"

    def tell(self, mail, session, story, wrong):
        looks = [f"{look.peer} began {look.began} login {look.login} complete {look.complete} "
                 f"shows it {look.shown.get(mail.id)} ended {look.ended}"
                 for look in self.looks[self.settings["probes"][mail.probe]["mailbox"]]
                 if story.started is not None
                 and story.started <= look.ended and look.began <= story.until]
        self.complain(f"mail {mail.id} of {mail.probe}: " + "; ".join(wrong), mail.submission,
                      *mail.verdicts, *([session] if session else []),
                      f"D {story.deadline} end of grace {story.grace_end} because {story.why}",
                      *looks)

    def check_totals(self):
        verdicts = sum(len(mail.verdicts) for mail in self.mails.values())
        if self.end is None:
            self.complaints.append("the run has no end")
        elif (self.end["started"], self.end["verdicts"], self.end["pending"]) != (
                len(self.mails), verdicts, 0):
            self.complaints.append(f"{len(self.mails)} mails started and {verdicts} verdicts told, "
                                   f"but the ledger says {self.end}")

        looks = sum(map(len, self.looks.values()))
        if self.blind > looks / 50:
            self.complaints.append(f"{self.blind} of {looks} looks claim less than they saw")

    def check_orphans(self):
        """A mail with our tag that nobody knows is counted once, if a look showed it."""
        seen = {mail for looks in self.looks.values() for look in looks for mail in look.shown
                if mail not in self.mails}
        wanted = {("orphan of " + mail, "orphan"): 1 for mail in seen}
        told = {key: count for key, count in self.evidence.items() if key[0] != "all"}
        if told != wanted:
            self.complaints.append(f"orphans {told}, expected {wanted}")

    def check_counts(self):
        # A small run is only there to try another compiler's code.
        share = 1 if len(self.mails) >= 10_000 else 0.6 * len(self.mails) / 10_000
        for fault in self.settings["faults"]:
            table = self.look_table if fault.startswith("pop3") else self.table
            count = self.log.struck.get(fault, sum(table[fault].values()))
            if count < int(50 * share):
                self.complaints.append(f"fault '{fault}' struck {count} times only")
        for verdict in VERDICTS:
            count = sum(row[verdict] for row in self.table.values())
            if count < int(100 * share):
                self.complaints.append(f"verdict {verdict} came {count} times only")
        kinds = {stranger["kind"] for stranger in self.strangers.values()}
        if len(kinds) < 10:
            self.complaints.append(f"strangers of these kinds only: {kinds}")

    def report(self):
        print(f"{'fault of the submission':36}" + "".join(f"{v:>12}" for v in VERDICTS))
        for fault, row in sorted(self.table.items()):
            print(f"{fault:36}" + "".join(f"{row[v] or '':>12}" for v in VERDICTS))
        total = {v: sum(len([1 for t in m.verdicts if t["verdict"] == v])
                        for m in self.mails.values()) for v in VERDICTS}
        print(f"{'all mails':36}" + "".join(f"{total[v]:>12}" for v in VERDICTS))
        print(f"\n{'fault of the look':36}{'complete':>12}{'incomplete':>12}{'struck':>12}")
        for fault, row in sorted(self.look_table.items()):
            print(f"{fault:36}{row['complete']:>12}{row['incomplete']:>12}"
                  f"{self.log.struck.get(fault, ''):>12}")
        kinds = {kind: sum(n for (_, k), n in self.evidence.items() if k == kind)
                 for kind in ("late", "found", "contradiction", "duplicate", "orphan")}
        print(f"\nevidence: {kinds}\n{len(self.strangers)} strangers, "
              f"{sum(map(len, self.looks.values()))} looks, {self.given_up} of them given up "
              f"for no reason in the server's log")


def main():
    folder = pathlib.Path(sys.argv[1])
    if len(sys.argv) > 2:
        done = subprocess.run([sys.argv[2], folder, sys.argv[3]], check=False).returncode
        if done != 0:
            print(f"the run failed with status {done}")
            return 1
    judge = Judge(folder)
    disagreements = sum(not judge.judge(mail) for mail in judge.mails.values())
    judge.check_totals()
    judge.check_orphans()
    judge.check_counts()
    judge.report()
    for complaint in judge.complaints[:50]:
        print("\nWRONG: " + complaint)
    if len(judge.complaints) > 50:
        print(f"\n... and {len(judge.complaints) - 50} more")
    print(f"\naccounting: {len(judge.mails)} mails, {disagreements} disagreements"
          + (f", {len(judge.complaints)} complaints" if judge.complaints else ""))
    return 1 if judge.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
