# SPDX-License-Identifier: Apache-2.0
"""Holds the daemon's ledger and counters against the embedded server's log after a campaign of kills.
Shares no code with the daemon: the ledger is read as a table, its verdicts are computed anew."""
import collections
import json
import sqlite3

from kill_rules import Kills, MARGIN, MILLISECOND, SLOP, expected
from server_story import Story

VERDICTS = ("delivered", "send_failed", "bounced", "lost", "unobserved")
COUNTED = ("mails_started_total", "mails_restored_total", "verdicts_total", "pending_mails")
SECOND = 1000 * MILLISECOND


def name_hash(name):
    """Where a probe's slots lie within a second (docs/life-of-a-mail.md)."""
    mask = 0xFFFFFFFF
    value = 2166136261
    for char in name.encode():
        value = (value ^ char) * 16777619 & mask
    value = (value ^ value >> 16) * 0x7FEB352D & mask
    return value ^ value >> 15


class Judge:
    def __init__(self, folder, margin=MARGIN):
        self.told = json.loads((folder / "campaign.json").read_text())
        self.story = Story(folder / "server.jsonl")
        self.kills = Kills(self.told["runs"], margin)
        self.complaints = list(self.told["problems"]) + self.story.log.problems
        self.counts = collections.Counter()
        self.verdicts = collections.Counter()
        self.forgotten = 0  # ns: the longest that an answer was in the house and not on the disk
        sql = sqlite3.connect(folder / "state" / "ledger.db")
        sql.row_factory = sqlite3.Row
        if sql.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            self.complain("unaccounted", "the ledger's file is damaged")
        self.rows = {}
        for row in sql.execute("SELECT * FROM mails"):
            row = dict(row)
            row["id"] = f"{row['mail'] & (1 << 64) - 1:016x}"
            self.rows[row["id"]] = row
        self.evidence = collections.defaultdict(dict)
        for mail, kind, copies in sql.execute("SELECT mail, kind, copies FROM evidence"):
            self.evidence[f"{mail & (1 << 64) - 1:016x}"][kind] = copies
        sql.close()

    def complain(self, kind, what, *stories):
        self.counts[kind] += 1
        lines = [f"{kind}: {what}"]
        for story in stories:
            lines += [line.rstrip() for line in getattr(story, "lines", [str(story)])]
        self.complaints.append("\n    ".join(lines))

    def judge(self):
        self.check_accounts()
        for row in self.rows.values():
            self.verdicts[row["verdict"]] += 1
            if row["verdict"]:
                self.check_verdict(row)
                self.check_evidence(row)
        self.check_slots()
        self.check_counters()
        self.counts["mails"] = len(self.rows)
        return self

    def check_accounts(self):
        """Every mail that the server heard of has its row and its verdict, and came once."""
        for mail, submissions in self.story.submissions.items():
            if mail not in self.rows:
                self.complain("unaccounted", f"the server saw mail {mail}, the ledger has it not",
                              *[s.session for s in submissions])
            attempts = collections.Counter(s.attempt for s in submissions)
            for attempt, times in attempts.items():
                if times > 1:
                    self.complain("sent twice", f"mail {mail} attempt {attempt}: {times} times",
                                  *[s.session for s in submissions])
            for earlier in submissions:
                if earlier.attempt < max(attempts) and not earlier.for_now:
                    self.complain("sent twice", f"mail {mail} was tried again after something else "
                                  "than a 4yz", *[s.session for s in submissions])
        for row in self.rows.values():
            if not row["verdict"]:
                self.complain("unaccounted", f"mail {row['id']} has no verdict", row)
        for mail, kinds in self.evidence.items():
            if "orphan" in kinds:
                self.complain("unaccounted", f"mail {mail} came back as an orphan")
            elif mail not in self.rows:
                self.complain("unaccounted", f"evidence of {mail}, which is not there: {kinds}")

    def check_verdict(self, row):
        probe = self.told["probes"][row["probe"]]
        submissions = self.story.submissions.get(row["id"], [None])
        submission = max(submissions, key=lambda s: s.attempt if s else 0)
        self.counts["retries"] += len(submissions) - 1
        wrong = []
        if row["deadline_ns"] != row["started_ns"] + probe["deadline"]:
            wrong.append("the deadline is not that of the probe")
        if submission is not None and not (
                row["started_ns"] - SLOP <= submission.at <= row["deadline_ns"]):
            wrong.append(f"started at {row['started_ns']}, the server saw it at {submission.at}")
        candidates = expected(submission, row, probe, self.story, self.kills)
        if row["verdict"] not in [verdict for verdict, _ in candidates]:
            wrong.append(f"verdict {row['verdict']} {row['stage']} {row['cause']}, expected "
                         f"{sorted(verdict for verdict, _ in candidates)}")
        elif len({verdict for verdict, _ in candidates}) > 1:
            self.counts["open"] += 1
        if row["verdict"] == "delivered":
            wrong += self.check_bounds(row, probe)
        if row["verdict"] == "send_failed":
            wrong += self.check_failure(row, submission, candidates)
        if submission is not None and submission.answer == "accepted" and (
                row["cause"] == "interrupted"):
            ends = [begin for begin, end in self.kills.ends if end > submission.answered]
            self.forgotten = max(self.forgotten, min(ends, default=0) - submission.answered)
        if wrong:
            looks = [f"look {look.session.peer} at {look.at} login {look.login_low} to "
                     f"{look.login_high} closed {look.closed} complete {look.complete} entries "
                     f"{look.entries} deleted {look.deleted_at}"
                     for look in self.story.looks.get(probe["to"], [])
                     if row["started_ns"] <= look.closed and
                     look.at <= row["deadline_ns"] + probe["grace"] + SECOND]
            kills = [f"killed {begin} to {end}" for begin, end in self.kills.ends
                     if row["started_ns"] <= end <= row["deadline_ns"] + probe["grace"]]
            entries = [f"entry {e} visible {self.story.visible(e)}"
                       for e in self.story.entries.get(row["id"], [])]
            self.complain("wrong verdict", "; ".join(wrong), row, *candidates.values(),
                          *([submission.session] if submission else []), *entries, *looks, *kills)

    def check_bounds(self, row, probe):
        """The mail became visible in [L, U], and U is of a look that showed it."""
        lower, upper = row["lower_ns"], row["upper_ns"]
        mine = self.story.entries.get(row["id"], [])
        look = next((look for look in self.story.looks.get(probe["to"], [])
                     if look.login_high <= upper <= look.closed
                     and set(mine) & set(look.entries)), None)
        if look is None:
            yield f"no look shows it at {upper}"
            return
        shown = [entry for entry in look.entries if entry in mine]
        truth = min(self.story.visible(entry) for entry in shown)
        if not lower <= truth <= upper:
            yield f"visible at {truth}, not in [{lower}, {upper}]"
        if bool(row["deadline_uncertain"]) != (upper > row["deadline_ns"]):
            yield f"deadline_uncertain is {row['deadline_uncertain']}"
        if self.kills.within(lower, upper) and not row["unmeasured"]:
            yield f"measured [{lower}, {upper}], but nobody looked for a part of it"
        altered = self.story.log.entries[shown[0]].get("fate") == "altered"
        if row["body"] not in ("unread", "altered" if altered else "intact"):
            yield f"body {row['body']}, altered is {altered}"

    def check_failure(self, row, submission, candidates):
        if row["cause"] == "interrupted" and ("send_failed", True) not in candidates:
            yield "interrupted, but no kill can have done it"
        if row["cause"].startswith("rejected") and not (
                submission is None or submission.refusal):
            yield f"{row['cause']}, but the server refused nothing"
        # An attempt that fails before MAIL FROM has no name in the server's log.
        heard = submission is not None and submission.attempt == row["attempt"]
        if heard and submission.for_now and (
                ("send_failed", True) not in candidates and row["cause"] != "rejected_transient"):
            yield f"{row['stage']} {row['cause']}, but the server said 4yz"

    def check_evidence(self, row):
        """What is deleted was told before, and nothing is told that was not there."""
        mine = self.story.entries.get(row["id"], [])
        deleted = any(look.deleted_at.get(entry) for entry in mine
                      for look in self.story.looks.get(
                          self.told["probes"][row["probe"]]["to"], []))
        kinds = self.evidence.get(row["id"], {})
        arrival = [kind for kind in ("late", "found", "contradiction") if kind in kinds]
        wrong = []
        if deleted and not row["arrived"]:
            wrong.append("it was deleted, but the ledger does not know of its arrival")
        if row["verdict"] != "delivered" and deleted and not arrival:
            wrong.append("it was found after its verdict and that is not in the ledger")
        if row["arrived"] and not mine:
            wrong.append("it never arrived")
        if kinds.get("duplicate", 0) > max(0, len(mine) - 1):
            wrong.append(f"{kinds['duplicate']} duplicates of {len(mine)} entries")
        if any(kinds[kind] > 1 for kind in arrival):
            wrong.append(f"told twice: {kinds}")
        if "bounce" in kinds and row["id"] not in self.story.reports:
            wrong.append("there was no report")
        if wrong:
            self.complain("wrong evidence", "; ".join(wrong), row, kinds)

    def check_slots(self):
        used = collections.Counter()
        for row in self.rows.values():
            phase = int(name_hash(row["probe"]) / 2**32 * SECOND)
            used[row["probe"], (row["wall_ns"] - phase) // SECOND] += 1
        for slot, times in used.items():
            if times > 1:
                self.complain("slot used twice", f"{slot}: {times} mails")

    def check_counters(self):
        """No verdict is counted by two runs; within a run nothing is lost between the numbers."""
        summed = collections.Counter()
        for number, run in enumerate(self.told["runs"]):
            if run["scraped"] is None:
                continue
            before, values = run["scraped"]
            self.counts["scraped"] += 1
            for probe in self.told["probes"]:
                of = {v: values.get(f"{probe} verdicts_total {v}", 0) for v in VERDICTS}
                for verdict, count in of.items():
                    summed[probe, verdict] += int(count)
                came = (values[f"{probe} mails_started_total"] +
                        values[f"{probe} mails_restored_total"])
                went = sum(of.values()) + values[f"{probe} pending_mails"]
                # Counters may move while a page is written; what two pages agree on stood still.
                still = all(before[key] == value for key, value in values.items()
                            if key.split()[:1] == [probe] and key.split()[1] in COUNTED)
                self.counts["still"] += still
                if still and came != went:
                    self.complain("wrong counter", f"run {number}, {probe}: started + restored = "
                                                   f"{came}, verdicts + pending = {went}")
        rows = collections.Counter((row["probe"], row["verdict"]) for row in self.rows.values())
        for key, count in summed.items():
            if count > rows[key]:
                self.complain("wrong counter", f"{key}: {count} counted, {rows[key]} in the ledger")
