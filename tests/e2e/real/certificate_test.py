# SPDX-License-Identifier: Apache-2.0
"""Each trouble with a server's certificate has its own cause, on both sides and in both TLS modes,
and no password leaves before the certificate was found good."""
from support.case import RealCase, main
from support.certificates import Authority
from support.mail_host import EXPIRED, WRONG_NAME
from support.processes import eventually

TROUBLES = {"untrusted": ("127.0.0.1", "tls_untrusted"),
            "name": (WRONG_NAME, "tls_name_mismatch"),
            "expired": (EXPIRED, "tls_expired")}
STAGES = {("smtp", "implicit"): "tls", ("smtp", "starttls"): "starttls",
          ("pop3", "implicit"): "tls", ("pop3", "starttls"): "starttls"}
CASES = {f"{half}-{mode}-{trouble}": (half, mode, trouble)
         for half, mode in STAGES for trouble in TROUBLES}


class Certificate(RealCase):
    users = {name: f"password of {name}" for name in CASES}

    def test_each_trouble_has_its_own_cause_and_no_password_is_sent(self):
        strange = Authority(self.host.folder, "strange")
        for name, (half, mode, trouble) in CASES.items():
            bad = {"host": TROUBLES[trouble][0], "tls": mode,
                   "port": getattr(self.host, f"{half}_ports")[mode]}
            bad["ca_file"] = str((strange if trouble == "untrusted" else self.host.authority).file)
            self.account(name, "none", **{half: bad})
            self.configuration.probe(name)
        daemon = self.start_daemon()

        def all_seen():
            metrics = daemon.metrics()
            return metrics if all(
                metrics.total("send_failures_total", probe=name)
                + metrics.total("mailbox_failures_total", mailbox=name) for name in CASES) else None
        metrics = eventually("every probe has met its certificate", all_seen)
        for name, (half, mode, trouble) in CASES.items():
            with self.subTest(name):
                expected = {(STAGES[half, mode], TROUBLES[trouble][1])}
                sending = metrics.failures("send_failures_total", probe=name)
                reading = metrics.failures("mailbox_failures_total", mailbox=name)
                if half == "smtp":
                    self.assertEqual(sending, expected)
                    self.assertEqual(set(metrics.verdicts(name)), {"send_failed"})
                    self.assertNotIn(f"sasl_username={name}@", self.host.postfix.logged())
                else:
                    self.assertEqual((sending, reading), (set(), expected))
                    self.assertNotIn(f"user=<{name}@", self.host.dovecot.logged())


if __name__ == "__main__":
    main()
