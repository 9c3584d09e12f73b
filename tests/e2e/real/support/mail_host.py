# SPDX-License-Identifier: Apache-2.0
"""A mail provider on loopback: Postfix takes mail for probe.test, Dovecot hands it out."""
import atexit
import os
import pathlib
import pwd
import shutil
import tempfile

from .certificates import Authority
from .dovecot import Dovecot
from .postfix import Postfix
from .processes import Processes, free_port

# Addresses of loopback that show another certificate than 127.0.0.1.
EXPIRED, WRONG_NAME = "127.0.0.2", "127.0.0.3"

_NEEDED = {"/usr/lib/postfix/sbin/master": "postfix", "/usr/sbin/dovecot": "dovecot-core",
           "/usr/lib/dovecot/pop3": "dovecot-pop3d", "/usr/bin/openssl": "openssl"}


def _check_machine():
    missing = [package for file, package in _NEEDED.items() if not os.path.exists(file)]
    if missing:
        raise AssertionError(f"missing packages: {' '.join(missing)} (.ci/install-packages test)")
    if os.geteuid() != 0:
        raise AssertionError("Postfix and Dovecot start only as root: run these tests as root")


class MailHost:
    """Servers, their accounts and mailboxes; `close` ends and removes everything."""

    def __init__(self, users):
        _check_machine()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mailprobed-real-"))
        # Both servers walk through it as other users.
        self.folder.chmod(0o755)
        self.processes = Processes(self.folder)
        atexit.register(self.close)
        self.owner = pwd.getpwnam("mail")
        self.mail = self.folder / "mail"
        self.mail.mkdir(0o700)
        os.chown(self.mail, self.owner.pw_uid, self.owner.pw_gid)
        self.authority = Authority(self.folder, "authority")
        self.passwords = users
        self.smtp_ports = {mode: free_port() for mode in ("none", "starttls", "implicit")}
        pop3, pop3s = free_port(), free_port()
        self.pop3_ports = {"none": pop3, "starttls": pop3, "implicit": pop3s}
        socket = self.folder / "auth"
        (self.folder / "postfix").mkdir()
        (self.folder / "dovecot").mkdir()
        self.postfix = Postfix(self.processes, self.folder / "postfix", self.mail, socket,
                               self.owner)
        self.dovecot = Dovecot(self.processes, self.folder / "dovecot", self.mail, socket,
                               self.owner)
        self._start(pop3, pop3s)

    def _start(self, pop3, pop3s):
        good = self.authority.issue("good", "DNS:localhost,IP:127.0.0.1")
        expired = self.authority.issue("expired", f"IP:{EXPIRED}", expired=True)
        wrong = self.authority.issue("wrong", "DNS:elsewhere.test,IP:127.0.0.9")
        self.dovecot.users({f"{user}@probe.test": word for user, word in self.passwords.items()})
        self.dovecot.also_at(EXPIRED, expired)
        self.dovecot.also_at(WRONG_NAME, wrong)
        self.dovecot.start(pop3, pop3s, good)
        self.postfix.mailboxes([*self.passwords, "archive"])
        for mode, port in self.smtp_ports.items():
            self.postfix.listen(mode, port, good)
            self.postfix.listen(mode, port, expired, EXPIRED)
            self.postfix.listen(mode, port, wrong, WRONG_NAME)
        self.postfix.start()

    def put(self, user, message):
        """Puts a mail into a mailbox, as another sender's mail comes; returns its path."""
        box = self.mail / user
        for folder in (box, box / "tmp", box / "new", box / "cur"):
            folder.mkdir(mode=0o700, exist_ok=True)
            os.chown(folder, self.owner.pw_uid, self.owner.pw_gid)
        name = f"1000000000.{len(list(box.rglob('*')))}.test"
        draft = box / "tmp" / name
        draft.write_bytes(message)
        os.chown(draft, self.owner.pw_uid, self.owner.pw_gid)
        draft.rename(box / "new" / name)

    def messages(self, user):
        """The files of a mailbox: name and content."""
        found = {}
        for folder in ("new", "cur"):
            for file in (self.mail / user / folder).glob("*"):
                try:
                    found[file.name] = file.read_bytes()
                except FileNotFoundError:
                    pass  # moved to the other folder, or deleted, between the two steps
        return found

    def logged(self):
        """What the servers had to say, for the report of a failed test."""
        return f"--- Postfix\n{self.postfix.logged()}\n--- Dovecot\n{self.dovecot.logged()}"

    def close(self):
        """Ends the servers and removes their files; done at the end of the process at the latest."""
        self.processes.stop_all()
        shutil.rmtree(self.folder, ignore_errors=True)
