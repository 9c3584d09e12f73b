# SPDX-License-Identifier: Apache-2.0
"""B3.3: sequences that servers may take for the end of the data arrive at Postfix as the data of
exactly one mail, or do not leave at all (SMTP smuggling)."""
import itertools
import os
import re
import subprocess

from support.case import RealCase, main
from support.processes import eventually

HEAD = ("From: <smuggler@probe.test>\r\nTo: <smuggler@probe.test>\r\nSubject: payload\r\n"
        "Date: Thu, 1 Jan 2026 10:00:00 +0000\r\nMessage-ID: <%d@probe.test>\r\n\r\n")
SECOND = "MAIL FROM:<evil@probe.test>\r\nRCPT TO:<smuggler@probe.test>\r\nDATA\r\nx\r\n"
LEGAL = [f"body{before}{dots}{after}{SECOND}.\r\n" for before, dots, after in
         itertools.product(("\r\n", ""), (".", ".."), ("\r\n", ""))]
ILLEGAL = [f"body{before}.{after}{SECOND}.\r\n" for before, after in
           itertools.product(("\n", "\r", "\r\n"), repeat=2) if (before, after) != ("\r\n", "\r\n")]


class Smuggling(RealCase):
    users = {"smuggler": "password of smuggler"}

    def submit(self, number, body):
        """What became of a submission."""
        address = "smuggler@probe.test"
        command = [os.environ["MAILPROBED_SUBMIT"], str(self.host.smtp_ports["none"]), address,
                   self.users["smuggler"], address]
        return subprocess.run(command, input=(HEAD % number + body).encode(), timeout=30,
                              capture_output=True, check=True).stdout.decode().strip()

    def sessions(self):
        """How many of each command every session had, by Postfix's own count."""
        # Those without any are of the harness, which waits for Postfix to listen.
        return re.findall(r" disconnect from \S+ (?!commands=0/0)(.*)", self.host.postfix.logged())

    def connections(self):
        return self.host.postfix.logged().count(": connect from ")

    def test_every_sequence_that_leaves_arrives_as_data_of_one_mail(self):
        for number, body in enumerate(LEGAL):
            self.assertEqual(self.submit(number, body), "accepted", repr(body))
        mails = eventually("every mail is in the mailbox", lambda: (
            lambda found: found if len(found) >= len(LEGAL) else None)(
                self.host.messages("smuggler")))
        bodies = sorted(mail.partition(b"\n\n")[2].decode() for mail in mails.values())
        self.assertEqual(bodies, sorted(body.replace("\r\n", "\n") for body in LEGAL))
        one = "ehlo=1 auth=1 mail=1 rcpt=1 data=1 quit=1 commands=6"
        eventually("every session is over", lambda: len(self.sessions()) >= len(LEGAL))
        self.assertEqual(self.sessions(), [one] * len(LEGAL))
        self.assertNotIn("evil@", self.host.postfix.logged())

        before = self.connections()
        for number, body in enumerate(ILLEGAL):
            self.assertEqual(self.submit(number, body), "data internal", repr(body))
        # What Postfix would have told of them stands before what it tells of the next mail.
        self.assertEqual(self.submit(100, "end\r\n"), "accepted")
        eventually("its session is over", lambda: len(self.sessions()) > len(LEGAL))
        self.assertEqual(self.connections(), before + 1, "somebody was contacted")
        self.assertEqual(self.sessions(), [one] * (len(LEGAL) + 1))
        eventually("the last mail is in the mailbox", lambda: any(
            b"<100@probe.test>" in mail for mail in self.host.messages("smuggler").values()))
        self.assertEqual(len(self.host.messages("smuggler")), len(LEGAL) + 1)


if __name__ == "__main__":
    main()
