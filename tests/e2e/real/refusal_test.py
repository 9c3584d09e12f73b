# SPDX-License-Identifier: Apache-2.0
"""What real servers refuse, and what the daemon makes of it: wrong passwords, an unknown recipient,
a mailbox that somebody else has locked."""
import poplib
import re

from support.case import RealCase, main
from support.processes import eventually


class Refusal(RealCase):
    users = {name: f"password of {name}" for name in ("sender", "reader", "stranger", "locked")}

    def await_verdict(self, daemon, probe, verdict):
        eventually(f"{probe} gets the verdict {verdict}",
                   lambda: verdict in daemon.metrics().verdicts(probe))
        metrics = daemon.metrics()
        self.assertEqual(set(metrics.verdicts(probe)), {verdict})
        return metrics

    def told(self, daemon, probe):
        """What the log says about the first judged mail of a probe."""
        return re.search(rf"event=mail probe={probe} .*", daemon.log())[0]

    def test_a_wrong_smtp_password_is_send_failed_at_auth_rejected(self):
        self.account("sender", "starttls", smtp={"password": "not the password"})
        self.configuration.probe("sender")
        daemon = self.start_daemon()
        metrics = self.await_verdict(daemon, "sender", "send_failed")
        self.assertEqual(metrics.failures("send_failures_total", probe="sender"),
                         {("auth", "auth_rejected")})
        self.assertIn("535", self.told(daemon, "sender"))
        self.assertEqual(self.host.messages("sender"), {})

    def test_a_wrong_pop3_password_blames_the_mailbox_and_leaves_the_mail_unobserved(self):
        self.account("reader", "implicit", pop3={"password": "not the password"})
        self.configuration.probe("reader", deadline="5s", verdict_grace="1s")
        daemon = self.start_daemon()
        metrics = self.await_verdict(daemon, "reader", "unobserved")
        self.assertEqual(metrics.failures("mailbox_failures_total", mailbox="reader"),
                         {("auth", "auth_rejected")})
        self.assertEqual(metrics.total("send_failures_total", probe="reader"), 0)
        # Postfix did deliver them.
        self.assertNotEqual(self.host.messages("reader"), {})

    def test_an_unknown_recipient_is_send_failed_at_envelope_rejected_permanent(self):
        self.account("stranger", "none")
        self.configuration.probe("stranger", to_address="nobody@probe.test")
        daemon = self.start_daemon()
        metrics = self.await_verdict(daemon, "stranger", "send_failed")
        self.assertEqual(metrics.failures("send_failures_total", probe="stranger"),
                         {("envelope", "rejected_permanent")})
        told = self.told(daemon, "stranger")
        self.assertIn("recipient", told.partition("detail=")[2].lower().partition("550")[0])
        self.assertIn("550 5.1.1", told)
        self.assertIn("<nobody@probe.test>", told)

    def test_a_mailbox_locked_by_another_client_is_busy_and_its_mail_arrives_after_release(self):
        self.account("locked", "none")
        self.configuration.probe("locked", interval="5s", deadline="60s")
        other = poplib.POP3("127.0.0.1", self.host.pop3_ports["none"], timeout=60)
        self.addCleanup(other.close)
        other.user("locked@probe.test")
        other.pass_(self.users["locked"])
        daemon = self.start_daemon()
        # Dovecot takes about 10 seconds to say so.
        eventually("a look finds the mailbox busy", lambda: ("auth", "mailbox_busy") in
                   daemon.metrics().failures("mailbox_failures_total", mailbox="locked"), 60)
        metrics = daemon.metrics()
        self.assertEqual(metrics.failures("mailbox_failures_total", mailbox="locked"),
                         {("auth", "mailbox_busy")})
        self.assertEqual(metrics.verdicts("locked"), {}, "a verdict while nobody could know")
        pending = metrics.value("pending_mails", probe="locked")
        self.assertGreaterEqual(pending, 1)
        other.quit()
        eventually("the mails of that time are delivered", lambda: daemon.metrics().verdicts(
            "locked").get("delivered", 0) >= pending, 60)
        self.assertEqual(set(daemon.metrics().verdicts("locked")), {"delivered"})


if __name__ == "__main__":
    main()
