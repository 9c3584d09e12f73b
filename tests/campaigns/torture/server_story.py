# SPDX-License-Identifier: Apache-2.0
"""What the embedded server's log tells of submissions and looks, with the three-valued knowledge that
is left when one side was killed: yes, no, perhaps."""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "accounting"))
from server_log import ServerLog, mail_of_tag  # noqa: E402  (the path must be known first)
import base64  # noqa: E402

YES, PERHAPS, NO = 2, 1, 0


def attempt_of_tag(tag):
    return base64.b32decode(tag.upper() + "====")[18]


class Log(ServerLog):
    """The accounting test's log reader; connections are told apart by number, for a daemon has one
    address, and replies have times."""

    def take(self, event, line):
        if "session" in event:
            event["peer"] = event["session"]
        super().take(event, line)

    def on_reply(self, session, event):
        super().on_reply(session, event)
        session.steps[-1].replied = event["at_ns"]

    def on_mail(self, session, event):
        super().on_mail(session, event)
        session.answered = event["at_ns"]

    def on_login(self, session, event):
        super().on_login(session, event)
        session.user = event["username"]

    def on_close(self, session, event):
        super().on_close(session, event)
        session.closed = event["at_ns"]


class Submission:
    """A conversation in which a tag was named, and how it ended as far as the server knows."""

    def __init__(self, session, tag):
        self.session, self.at = session, session.at
        self.mail, self.attempt = mail_of_tag(tag), attempt_of_tag(tag)
        self.answer, self.answered = "failed", None
        self.closed = getattr(session, "closed", 1 << 62)
        self.fate, self.kept = None, False
        codes = [code for step in session.steps for code in step.codes]
        self.refusal = any(code >= 400 for code in codes)
        self.for_now = any(400 <= code < 500 for code in codes)
        self.dot = None
        if session.mail is not None:
            facts = session.mail
            self.fate, self.kept, self.dot = facts["fate"], facts["kept"], facts["dot_ns"]
            self.answer, self.answered = "unconfirmed", session.answered
            if facts["reply_sent"] and facts["reply_code"]:
                self.answer = "accepted" if facts["reply_code"] < 300 else "refused"


class Look:
    """One visit to a mailbox."""

    def __init__(self, session):
        self.session, self.at = session, session.at
        self.closed = getattr(session, "closed", 1 << 62)
        self.entries = session.snapshot or []
        self.deleted_at = {}
        self.read = {step.retrieved for step in session.steps
                     if step.name == "RETR" and not step.struck()}
        steps = session.steps
        # The line with the password logs in; the client wrote it between the reply before it and
        # its arrival.
        auth = next((i for i, step in enumerate(steps) if step.name in ("AUTH-RESPONSE", "PASS")),
                    None)
        self.login_low = getattr(steps[auth - 1], "replied", self.at) if auth else self.at
        self.login_high = steps[auth].at if auth else self.at
        self.listed = self.login_high
        self.complete, self.shows = self.completeness(session)

    def completeness(self, session):
        """Whether the daemon can have called it complete, and whether it saw what is there."""
        if session.login_at is None:
            return NO, NO
        listing, past, in_step = not session.snapshot, False, YES
        for step in session.steps:
            if step.name in ("UIDL", "LIST") and " " in step.text:
                # Asked for one line again: without the right answer nothing is called absent.
                in_step = PERHAPS if step.struck() or step.codes != [200] else YES
            elif step.name in ("UIDL", "LIST"):
                self.listed = step.at
                listing = bool(step.codes) and not step.struck()
                if step.struck():
                    return NO, NO
            if step.name in ("TOP", "RETR"):
                in_step = PERHAPS
            if step.name == "QUIT" and not step.struck() and step.codes == [200]:
                in_step = YES
            if step.name == "TOP" and step.struck():
                return NO, PERHAPS
            past = past or step.name in ("RETR", "DELE", "QUIT")
            if step.name == "DELE" and step.codes == [200]:
                entry = session.snapshot[int(step.text.split()[1]) - 1]
                self.deleted_at[entry] = step.at
        if past:
            return in_step, YES
        return (PERHAPS, PERHAPS) if listing or session.end == "client" else (NO, NO)


class Story:
    """Everything of one campaign, by mail and by mailbox."""

    def __init__(self, path):
        self.log = Log(path)
        self.submissions, self.looks, self.entries, self.reports = {}, {}, {}, {}
        of_fact = {}
        for session in self.log.sessions.values():
            if session.protocol == "smtp":
                self.take_submission(session)
                if session.mail is not None:
                    of_fact[session.mail["id"]] = mail_of_tag(session.mail["tag"])
        for entry, facts in self.log.entries.items():
            if "report_on" in facts:
                self.reports.setdefault(of_fact.get(facts["report_on"]), []).append(entry)
            elif facts.get("tag"):
                self.entries.setdefault(mail_of_tag(facts["tag"]), []).append(entry)
        for session in self.log.sessions.values():
            if session.protocol == "pop3" and session.login_at is not None:
                self.looks.setdefault(session.user, []).append(Look(session))

    def take_submission(self, session):
        named = [step.text.split("ENVID=")[1].split()[0] for step in session.steps
                 if step.name == "MAIL" and "ENVID=" in step.text]
        tag = session.mail["tag"] if session.mail is not None else (named or [""])[0]
        if mail_of_tag(tag) is not None:
            submission = Submission(session, tag)
            self.submissions.setdefault(submission.mail, []).append(submission)

    def visible(self, entry):
        return self.log.entries[entry]["visible_ns"]
