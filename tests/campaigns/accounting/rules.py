# SPDX-License-Identifier: Apache-2.0
"""The rule table of docs/claims.md ("Verdicts") for one mail."""
import collections

# Stage and cause by the step at which a submission was disturbed.
STAGES = {"greeting": "greeting", "EHLO": "hello", "STARTTLS": "starttls", "AUTH": "auth",
          "MAIL": "envelope", "RCPT": "envelope", "DATA": "data", "DOT": "accept"}
BROKEN = ("garbage", "endless_line", "endless_reply", "inject")


class Story:
    """What should be said of a mail, and why."""

    def __init__(self, submission, probe, mail):
        self.mail = mail
        self.started = submission["started"] if submission else None
        self.deadline = self.grace_end = self.until = None
        if self.started is not None:
            self.deadline = self.started + probe["deadline"]
            self.grace_end = self.deadline + probe["grace"]
            self.until = self.grace_end
        self.verdict = self.why = None
        self.lower = self.look = self.unmeasured = None
        self.evidence = collections.Counter()


def answer_of(submission, session):
    """How far the submission came: failed, refused, unconfirmed or accepted."""
    if submission is None or submission["handed"] is None:
        return "failed"
    mail = session.mail
    if mail is None or not mail["reply_sent"] or not submission["answered"]:
        return "unconfirmed"
    code = mail["reply_code"]
    if 200 <= code < 300:
        return "accepted"
    return "refused" if code >= 400 else "unconfirmed"


def expected_story(submission, session, probe, looks, mail, moment=0):
    """The verdict and the evidence; `looks` are all looks into the probe's mailbox in order. Those
    that began less than `moment` nanoseconds after the grace began in it."""
    story = Story(submission, probe, mail)
    answer = answer_of(submission, session)
    handed = submission["handed"] if submission else None
    if answer in ("failed", "refused"):
        story.verdict, story.why = "send_failed", answer
    last_absence = None  # when the last complete look that did not show the mail connected
    removed, duplicates, arrived = set(), 0, False
    for look in looks:
        shown = look.shown.get(mail, [])
        if story.verdict is None and look.began > story.grace_end + moment:
            story.verdict, story.why = "unobserved", f"grace was over before {look.peer}"
        if shown:
            lower = max(handed, last_absence or handed)
            if story.verdict is None:
                assert lower <= story.deadline
                story.verdict, story.why = "delivered", f"seen by {look.peer}"
                story.look, story.lower = look, lower
                story.unmeasured = widened(looks, look, lower)
            elif story.verdict != "delivered" and not arrived:
                arrived = True
                kind = "late"
                if answer == "refused":
                    kind = "contradiction"
                elif story.verdict == "unobserved" and lower < story.deadline:
                    kind = "found"
                story.evidence[kind] += 1
            # Two entries read in one look, or a new one after the others were surely removed.
            # An entry known by its id alone was not reached again: time may have run out.
            read = look.fetched.intersection(shown)
            copies = len(removed | read) - 1 if look.in_step and read else 0
            story.evidence["duplicate"] += max(0, copies - duplicates)
            duplicates = max(duplicates, copies)
            if look.confirmed:
                removed |= set(shown)
        elif look.complete and mail not in look.hidden:
            last_absence = look.connected_from
            if story.verdict is None and story.deadline <= look.proven and (
                    look.connected_from <= story.grace_end):
                story.verdict = "lost" if answer == "accepted" else "send_failed"
                story.why = f"{answer}, not in the deadline look {look.peer}"
    if story.verdict is None:
        story.verdict, story.why = "unobserved", "there was no look any more"
    story.evidence = +story.evidence
    return story


def widened(looks, until, lower):
    """True if a failed look ended between L and the look that shows the mail; None if it is too
    close to tell, because the end of a look is known to a millisecond only, or if the server asked
    for a pause, which counts as well and is the plan's secret."""
    failed = [look for look in looks[:looks.index(until)] if not look.complete]
    if any(look.ended > lower + 1_000_000 for look in failed):
        return True
    if any(look.paused or look.ended > lower - 1_000_000 for look in failed[-1:]):
        return None
    return False


def expected_failure(session, tls):
    """Pairs of stage and cause that a send_failed may carry, or None for any."""
    if session is None:
        return [("connect", "refused")]
    faults = [(step, fault) for step in session.steps for fault in step.faults
              if fault[1] not in ("delay", "split", "drip")]
    if not faults:
        return None  # cut, or given up
    if session.end == "cut":
        return None
    step, (at, action, _) = faults[-1]
    code = step.codes[-1] if step.codes else 0
    if at == "DATA" and action == "reply_then_close":
        return [("accept", "eof"), ("accept", "reset")]
    if at == "connect":
        if action == "reset":  # may overtake the news that the connection is there
            return [("connect", "refused"), ("tls", "tls_failed"), ("greeting", "eof")]
        stage = "tls" if tls == "implicit" else "greeting"
    elif at == "tls":
        stage = "tls" if tls == "implicit" else "starttls"
    else:
        stage = STAGES[at]
    return [(stage, cause) for cause in causes(stage, action, code)]


def causes(stage, action, code):
    if action == "stall":
        return ["timeout"]
    if stage == "tls":
        return ["tls_failed"]
    if stage == "starttls":
        return {"inject": ["tls_injection", "tls_failed"], "refuse": ["tls_unavailable"],
                "reply": ["tls_unavailable"]}.get(action, ["tls_failed"])
    if action in ("refuse", "reply") and code >= 400:
        if stage == "auth":
            return ["auth_transient" if code < 500 else "auth_rejected"]
        return ["rejected_transient" if code < 500 else "rejected_permanent"]
    if stage == "accept":
        return ["reset"] if action == "reset" else ["eof"]
    if action in BROKEN:
        return ["protocol_error"]
    return ["eof"]
