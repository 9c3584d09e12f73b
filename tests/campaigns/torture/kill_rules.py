# SPDX-License-Identifier: Apache-2.0
"""Which verdicts the rule table of docs/claims.md leaves open for one mail, when the daemon was
killed now and then. Where no kill is near exactly one is left; a kill makes uncertain only what was
in progress or less than a margin before it."""
from server_story import NO, YES

MILLISECOND = 1_000_000
# The way of a fact from the server's socket to the daemon's disk; with sanitizers beside other tests
# it was seen to take 95 ms.
MARGIN = 60 * MILLISECOND
SLOW_MARGIN = 300 * MILLISECOND
# What two clocks readings of one event may differ by.
SLOP = 20 * MILLISECOND
NEVER = 1 << 62
# The pause before a second attempt; campaign.py configures it.
RETRY_AFTER = 10_000 * MILLISECOND


class Kills:
    """The violent ends, in order; a stalled disk makes one begin before the process is dead."""

    def __init__(self, runs, margin=MARGIN):
        self.margin = margin
        self.ends = [(run["from"], run["to"]) for run in runs if run["site"] != "quiet"]

    def touch(self, first, last):
        """True if what happened in [first, last] may have been forgotten."""
        return any(begin - self.margin <= last and first <= end for begin, end in self.ends)

    def within(self, first, last):
        return any(first < begin and end < last for begin, end in self.ends)


class Candidate:
    """A verdict that something may have brought: not before `earliest`, and, if it is certain, at
    `latest`."""

    def __init__(self, verdict, earliest, latest=NEVER, certain=False, why=""):
        self.verdict, self.earliest, self.latest = verdict, earliest, latest
        self.certain, self.why = certain, why

    def __repr__(self):
        return (f"{self.verdict} from {self.earliest} to {self.latest}"
                f"{' certainly' if self.certain else ''} ({self.why})")


def answers(submission, row, kills):
    """How far the submission can have come in the daemon's memory; {answer: whether a kill did it}"""
    result = heard_answers(submission, row, kills)
    # A kill between the intent of the next attempt and its first command: the server never heard it.
    if submission is not None and row["attempt"] > submission.attempt and (
            kills.touch(submission.closed + RETRY_AFTER, row["deadline_ns"])):
        result.setdefault("unconfirmed", True)
    return result


def heard_answers(submission, row, kills):
    started, deadline = row["started_ns"], row["deadline_ns"]
    if submission is None or submission.dot is None:
        result = {"failed": False}
        last = submission.closed if submission is not None else started
        if kills.touch(started, max(last, started)) or (
                submission is None and kills.touch(started, min(started + 1500 * MILLISECOND,
                                                                deadline))):
            result["unconfirmed"] = True
        return result
    if submission.answer == "unconfirmed":
        # A server that never answers closes when the client has gone.
        return {"unconfirmed": kills.touch(submission.at, submission.closed)}
    if any(submission.at <= end < submission.answered for _, end in kills.ends):
        return {"unconfirmed": True}
    result = {submission.answer: False}
    if kills.touch(submission.at, submission.answered):
        result["unconfirmed"] = True
    elif submission.answered > deadline - kills.margin:
        result["unconfirmed"] = False
    return result


def absence(answer):
    return "lost" if answer == "accepted" else "send_failed"


def told(look, report_looks, row, grace_end, kills):
    """When the absence that a look showed becomes `lost`: after a look into the sender's mailbox that
    began at or after the deadline, but not beyond the grace."""
    ends = [reports.closed for reports in report_looks
            if reports.at - SLOP >= row["deadline_ns"] and not kills.touch(reports.at, reports.closed)]
    return max(look.closed, min([grace_end, *ends]))


def look_candidates(looks, report_looks, entries, row, grace, answer, kills):
    """What looks into the recipient's mailbox may have brought."""
    deadline, grace_end = row["deadline_ns"], row["deadline_ns"] + grace
    over = grace_end
    for look in looks:
        if look.closed < row["started_ns"] or look.at > grace_end + SLOP:
            continue
        killed = kills.touch(look.at, look.closed)
        if look.at < grace_end - SLOP and not killed:
            over = max(over, look.closed if look.closed > grace_end else over)
        shown = [entry for entry in look.entries if entry in entries]
        if shown and look.shows != NO:
            removed = [look.deleted_at[e] for e in shown if e in look.deleted_at]
            sure = look.shows == YES and not killed and look.at < grace_end - SLOP
            yield Candidate("delivered", look.listed, min(removed, default=look.closed),
                            bool(removed) or sure, f"shown by look {look.session.peer}")
        elif not shown and look.complete != NO:
            # The daemon takes the instant before it connects, the server's is a little later.
            if look.at < deadline:
                continue
            latest = look.closed
            if answer == "accepted":
                latest = told(look, report_looks, row, grace_end, kills)
            sure = (look.complete == YES and not kills.touch(look.at, latest) and
                    look.at - SLOP >= deadline and look.at <= grace_end)
            yield Candidate(absence(answer), look.at, latest, sure,
                            f"not in deadline look {look.session.peer}")
    yield Candidate("unobserved", over, NEVER, True, "grace over")


def bounce_candidates(looks, reports, row, kills):
    for look in looks:
        for entry in look.entries:
            if entry in reports and look.shows != NO and look.closed >= row["started_ns"]:
                removed = look.deleted_at.get(entry)
                # An earlier RETR may have ended the look.
                sure = entry in look.read and not kills.touch(look.at, look.closed)
                yield Candidate("bounced", look.listed, removed or look.closed,
                                removed is not None or sure,
                                f"report in look {look.session.peer}")


def expected(submission, row, probe, story, kills):
    """{verdict: candidate}, for one way of the answer after the other."""
    result = {}
    mail = row["id"]
    entries, reports = story.entries.get(mail, []), story.reports.get(mail, [])
    for answer, by_kill in answers(submission, row, kills).items():
        sender = story.looks.get(probe["from"], [])
        found = list(look_candidates(story.looks.get(probe["to"], []), sender, entries, row,
                                     probe["grace"], answer, kills))
        found += bounce_candidates(sender, reports, row, kills)
        if answer in ("failed", "refused"):
            at = submission.answered if answer == "refused" else row["started_ns"]
            last = NEVER if probe["attempts"] > 1 else at + kills.margin
            found.append(Candidate("send_failed", at, last, True, answer))
        cut = min(candidate.latest for candidate in found if candidate.certain)
        for candidate in found:
            if candidate.earliest <= cut + SLOP:
                candidate.why += f", {answer}{' after a kill' if by_kill else ''}"
                result.setdefault((candidate.verdict, by_kill), candidate)
    return result
