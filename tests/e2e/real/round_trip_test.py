# SPDX-License-Identifier: Apache-2.0
"""Mails go round through Postfix and Dovecot in every TLS mode, and nothing else is touched."""
import re

from support.case import RealCase, main
from support.processes import eventually

FOREIGN = b"""\
From: somebody@elsewhere.test
To: somebody@probe.test
Subject: Lunch?
Message-ID: <lunch@elsewhere.test>

Shall we?
"""
MODES = {"plain": "none", "starttls": "starttls", "implicit": "implicit"}


class RoundTrip(RealCase):
    users = {name: f"password of {name}" for name in [*MODES, "counted", "forged", "shared"]}

    def wait_for_deliveries(self, daemon, probe, least):
        eventually(f"{least} mails of {probe} are delivered",
                   lambda: daemon.metrics().verdicts(probe).get("delivered", 0) >= least)

    def wait_until_only(self, user, messages, may_be_read=False):
        """Between two mails of the probe the mailbox holds nothing else."""
        def found():
            files = self.host.messages(user)
            return files if sorted(files.values()) == sorted(messages) else None
        for file in eventually(f"the mailbox of {user} holds only foreign mail", found):
            if may_be_read:
                continue
            self.assertNotIn("S", file.partition(":2,")[2], "a foreign mail was marked as read")

    def archived(self, user):
        """A copy that Postfix has kept of a mail sent to `user`."""
        to_user = b"\nTo: <%s@probe.test>" % user.encode()
        return eventually("the copy is in the archive", lambda: next(
            (text for text in self.host.messages("archive").values() if to_user in text), None))

    def test_mail_is_delivered_in_every_tls_mode_and_leaves_only_foreign_mail_behind(self):
        for name, mode in MODES.items():
            self.host.put(name, FOREIGN)
            self.account(name, mode)
            self.configuration.probe(name)
        daemon = self.start_daemon()
        for name in MODES:
            with self.subTest(name):
                self.wait_for_deliveries(daemon, name, 2)
                self.wait_until_only(name, [FOREIGN])
        metrics = daemon.metrics()
        for name in MODES:
            with self.subTest(name):
                self.assertEqual(set(metrics.verdicts(name)), {"delivered"})
                self.assertEqual(metrics.total("altered_mails_total", probe=name), 0)
                self.assertEqual(metrics.total("mailbox_failures_total", mailbox=name), 0)
                self.assertGreater(metrics.value("last_round_trip_seconds", probe=name), 0)
                encrypted = 0 if name == "plain" else 2
                self.assertEqual(metrics.total("tls_info", account=name), encrypted)

    def test_as_many_mails_are_deleted_as_delivered(self):
        self.account("counted", "implicit")
        self.configuration.probe("counted", interval="3s")
        daemon = self.start_daemon()

        def at_rest():
            metrics = daemon.metrics()
            delivered = metrics.verdicts("counted").get("delivered", 0)
            return delivered >= 2 and delivered == metrics.value("mailbox_deleted_total",
                                                                 mailbox="counted")
        eventually("as many mails are deleted as delivered", at_rest)

    def test_a_mail_with_a_forged_tag_is_neither_taken_nor_deleted(self):
        self.account("forged", "none")
        self.configuration.probe("forged")
        daemon = self.start_daemon()
        self.wait_for_deliveries(daemon, "forged", 1)
        sent = self.archived("forged")
        tag = re.search(rb"X-Mailprobed-Tag: (\w+)", sent)[1]
        # The last characters belong to the authentication code.
        other = tag[:-4] + (b"aaaa" if tag[-4:] != b"aaaa" else b"bbbb")
        forged = sent.replace(tag, other)
        self.host.put("forged", forged)
        eventually("the forgery is counted", lambda: daemon.metrics().value(
            "mailbox_tags_rejected_total", mailbox="forged", reason="forged") == 1)
        # In the sender's mailbox a copy without our tag may be a report, and is read as one.
        self.wait_until_only("forged", [forged], may_be_read=True)
        self.assertEqual(set(daemon.metrics().verdicts("forged")), {"delivered"})

    def test_a_mail_of_another_instance_is_ignored_and_stays(self):
        self.account("shared", "none")
        self.configuration.probe("shared")
        # `once` has an instance of its own, and the same key.
        self.assertEqual(self.once("shared").status, 0)
        other = self.archived("shared")
        self.host.put("shared", other)
        daemon = self.start_daemon()
        self.wait_for_deliveries(daemon, "shared", 1)
        self.wait_until_only("shared", [other])
        metrics = daemon.metrics()
        self.assertEqual(set(metrics.verdicts("shared")), {"delivered"})
        self.assertEqual(metrics.total("mailbox_tags_rejected_total", mailbox="shared"), 0)
        self.assertEqual(metrics.total("after_verdict_total", probe="shared"), 0)


if __name__ == "__main__":
    main()
