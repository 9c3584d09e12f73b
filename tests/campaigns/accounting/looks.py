# SPDX-License-Identifier: Apache-2.0
"""What each look into a mailbox can have shown, by the rules of docs/claims.md ("Looks"):
the login worked, the listing was read to its end, every entry not classified earlier was classified
or is gone, and the dialogue was proven in step. Only complete looks prove absence, any look proves presence. An entry that could not be
read may be a mail that was sent before; whether one such was pending only the daemon knows, but of
the mails that truly lay there no look proves absence."""


# With these codes -ERR does not concern the one message.
OTHERWISE = ("-ERR [IN-USE]", "-ERR [LOGIN-DELAY]", "-ERR [AUTH]")


class Look:
    """One look: the daemon's clock from the history, everything else from the server's log."""

    def __init__(self, told, session):
        self.told, self.session = told, session
        self.peer, self.began, self.login = told["peer"], told["began"], told["login"]
        self.connected_from = told["connected_from"]
        # What could not be read again proves no absence after this.
        self.proven = min(told["absence_until"] or self.connected_from or 0,
                          self.connected_from or 0)
        self.complete = False
        self.hidden = set()  # mails behind entries that could not be read
        self.paused = False  # the server asked for a pause
        self.shown = {}  # mail -> entries of it that were recognised
        self.read = set()  # entries whose body was fetched
        self.fetched = set()  # entries whose headers or body were: only these are counted as copies
        self.confirmed = False  # QUIT was answered +OK and the answer arrived
        self.in_step = False  # no answer was another's: only such a look counts copies
        self.listing = None  # (earliest, latest) instant at which the listing can have been read


class Mailbox:
    """Follows the looks into one mailbox, remembering which entries were classified."""

    def __init__(self, owner_of, uidl_of, scan_limit):
        # `owner_of` gives the mail that an entry truly is an arrival of, or None.
        self.owner_of, self.uidl_of, self.scan_limit = owner_of, uidl_of, scan_limit
        self.classified = set()
        self.unreadable = set()  # entries that were listed and could not be read

    def look(self, told, session):
        look = Look(told, session)
        look.paused = session is not None and any(
            reply.startswith("-ERR [") for step in session.steps for reply in step.replies)
        if session is None or session.login_at is None:
            return look
        # The greeting is the first reply; each command has one.
        heard = session.steps[:told["replies"]]
        names = [step.name for step in heard]
        if "STAT" not in names:
            return look
        steps = heard[names.index("STAT"):]
        if steps[0].struck() or steps[0].codes != [200]:
            return look
        look.fetched = {step.retrieved for step in steps if step.name in ("TOP", "RETR") and
                        not step.struck() and step.codes == [200]}
        if self.listing(look, session, steps[1:]):
            self.bodies(look, steps)
        last = heard[-1]
        look.confirmed = last.name == "QUIT" and not last.struck() and last.codes == [200]
        look.in_step = self.is_in_step(look, session, steps)
        look.complete = look.complete and look.in_step
        return look

    @staticmethod
    def is_in_step(look, session, heard):
        """Asked for one line of the listing again after all mails that were read, the server gave
        it: no answer was another's. A listing alone holds no text of strangers."""
        if look.told["stage"] in ("list", "headers", "body") and look.told["cause"] in ("eof", "timeout"):
            return False  # it ended before that
        reads = [step for step in session.steps if step.name in ("TOP", "RETR")]
        if look.confirmed or not reads:
            return True
        return any(step.name in ("UIDL", "LIST") and " " in step.text and step.codes == [200] and
                   not step.struck() and step.at > reads[-1].at for step in heard)

    def listing(self, look, session, steps):
        """Follows the listing and what was read after it; false if it was not read as a whole."""
        by_id = bool(steps) and steps[0].name == "UIDL"
        if by_id and steps[0].codes == [500] and not steps[0].replies[0].startswith("-ERR ["):
            steps, by_id = steps[1:], False  # the server does without unique ids this time
        if not steps or steps[0].name not in ("UIDL", "LIST") or steps[0].codes != [200]:
            return False
        if steps[0].struck() and not steps[0].fault("inject"):
            return False
        later = session.steps[session.steps.index(steps[0]) + 1:]
        look.listing = (steps[0].at, later[0].at if later else None)
        # What comes unasked ends the look if it comes in time.
        if steps[0].fault("inject") and look.told["cause"] == "protocol_error":
            return False
        self.headers(look, session, steps[1:], by_id)
        return True

    def headers(self, look, session, steps, by_id):
        """Which entries were classified, and whether all were."""
        known = [e for e in session.snapshot if by_id and self.uidl_of(e) in self.classified]
        unknown = {e for e in session.snapshot if e not in known}
        for entry in known:
            self.show(look, entry)
        tops = 0
        for step in steps:
            if step.name not in ("TOP", "RETR"):
                continue
            entry = session.snapshot[int(step.text.split()[1]) - 1]
            refused = step.codes == [500] and not step.replies[0].startswith(OTHERWISE)
            if step.name == "RETR":
                if self.owner_of(entry) is None and (step.struck() or step.codes != [200]):
                    unknown.add(entry)
                    self.in_doubt(entry)
                elif not step.struck() and entry in unknown:
                    # TOP was refused before, or for an entry before it.
                    self.classify(look, entry, unknown, by_id)
                continue
            tops += 1
            if step.struck() and not refused:
                self.unreadable |= unknown  # no answer to it: nothing is read behind it
                return
            if entry in known or (not by_id and tops > self.scan_limit):
                continue  # read once more before it is removed, which proves nothing new
            if step.struck():
                self.unreadable.add(entry)
                continue
            if step.codes != [200]:
                self.unreadable |= unknown
                return
            self.classify(look, step.retrieved, unknown, by_id)
        for step in session.steps[look.told["replies"]:]:
            if step.name == "RETR":
                self.in_doubt(session.snapshot[int(step.text.split()[1]) - 1])
        look.complete = not unknown or (unknown <= self.unreadable and look.told["complete"])
        # Reading one by one, with a proof after each, may take longer than a look has.
        proofs = [step for step in steps if step.name in ("UIDL", "LIST") and " " in step.text]
        if len(proofs) > 1 and not look.told["complete"]:
            look.complete = False
        look.hidden = {self.owner_of(entry) for entry in unknown}
        # The look may have ended with one of them, its answer not heard.
        self.unreadable |= unknown

    def in_doubt(self, entry):
        """Its body was asked for in vain: perhaps only the body tells what it is."""
        if self.owner_of(entry) is None:
            self.unreadable.add(entry)
            self.classified.discard(self.uidl_of(entry))

    def classify(self, look, entry, unknown, by_id):
        self.show(look, entry)
        unknown.discard(entry)
        if by_id:
            self.classified.add(self.uidl_of(entry))

    def show(self, look, entry):
        mail = self.owner_of(entry)
        if mail is not None:
            look.shown.setdefault(mail, []).append(entry)

    @staticmethod
    def bodies(look, steps):
        for step in steps:
            if step.name == "RETR" and not step.struck() and step.codes == [200]:
                look.read.add(step.retrieved)
