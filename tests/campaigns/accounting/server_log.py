# SPDX-License-Identifier: Apache-2.0
"""What the embedded server's log says: sessions step by step, mails, mailboxes as each login saw
them. No judgement is made here."""
import base64
import json

TAG_BYTES = 37
MAIL_ID = slice(10, 18)  # version 1, key 1, instance 4, probe 4, mail 8, attempt 1, ...
VERSIONS = (1, 2)  # without and with the number of the daemon's run


def mail_of_tag(tag):
    """The mail id in a tag as sixteen hexadecimal digits, or None if it is no tag."""
    if len(tag) != 60:
        return None
    try:
        decoded = base64.b32decode(tag.upper() + "====")
    except ValueError:
        return None
    return decoded[MAIL_ID].hex() if len(decoded) == TAG_BYTES and decoded[0] in VERSIONS else None


class Step:
    """One command of a session (or connect, greeting, tls) and what came of it."""

    def __init__(self, name, at, text=""):
        self.name, self.at, self.text = name, at, text
        self.codes, self.replies, self.faults = [], [], []
        self.retrieved = None

    def fault(self, *actions):
        """True if one of these actions struck."""
        return any(action in actions for _, action, _ in self.faults)

    def struck(self):
        """True if the client did not get the true answer in whole, and nothing else."""
        return any(action not in ("delay", "split", "drip") for _, action, _ in self.faults)


class Session:
    """One connection."""

    def __init__(self, event):
        self.peer, self.protocol = event["peer"], event["protocol"]
        self.at, self.implicit_tls = event["at_ns"], event["detail"] == "tls"
        self.steps = [Step("connect", event["at_ns"])]
        self.login_at = None
        self.snapshot = None
        self.mail = None
        self.deleted = []
        self.end = None
        self.lines = []

    def faults(self):
        """Names of the faults that struck."""
        return [name for step in self.steps for _, _, name in step.faults]


class ServerLog:
    """The log, read once, in its order, which is the order in which things happened."""

    def __init__(self, path):
        self.sessions = {}
        self.entries = {}  # id -> what `visible` told
        self.mailboxes = {}  # user -> ids in order
        self.problems = []
        self.struck = {}  # fault name -> firings
        with open(path, encoding="ascii") as lines:
            for line in lines:
                self.take(json.loads(line), line)

    def take(self, event, line):
        kind = event["kind"]
        if kind == "visible":
            mail = event["mail"]
            self.entries[mail["id"]] = mail
            self.mailboxes.setdefault(event["username"], []).append(mail["id"])
            return
        if kind == "connect":
            if event["peer"] in self.sessions:
                self.problems.append(f"two connections from {event['peer']}")
            self.sessions[event["peer"]] = Session(event)
        session = self.sessions[event["peer"]]
        session.lines.append(line)
        getattr(self, "on_" + kind, lambda *_: None)(session, event)

    def on_command(self, session, event):
        session.steps.append(Step(event["detail"], event["at_ns"], event["text"]))

    def on_reply(self, session, event):
        session.steps[-1].codes.append(event.get("code", 0))
        session.steps[-1].replies.append(event.get("text", ""))

    def on_fault(self, session, event):
        step, action = event["detail"].split(" ", 1)
        session.steps[-1].faults.append((step, action, event["text"]))
        self.struck[event["text"]] = self.struck.get(event["text"], 0) + 1

    def on_login(self, session, event):
        if session.protocol != "pop3":
            return
        session.login_at = event["at_ns"]
        session.snapshot = list(self.mailboxes.get(event["username"], []))
        if len(session.snapshot) != event["count"]:
            self.problems.append(f"{session.peer}: the login saw {event['count']} mails, the log "
                                 f"has {len(session.snapshot)}")

    def on_retrieved(self, session, event):
        session.steps[-1].retrieved = event["mail"]["id"]

    def on_mail(self, session, event):
        if session.mail is not None:
            self.problems.append(f"{session.peer}: two mails in one session")
        session.mail = event["mail"]

    def on_deleted(self, session, event):
        session.deleted.append(event["mail"]["id"])
        self.mailboxes[event["username"]].remove(event["mail"]["id"])

    def on_close(self, session, event):
        session.end = event.get("text", "")
