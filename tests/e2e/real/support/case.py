# SPDX-License-Identifier: Apache-2.0
"""The frame of these tests; the program under test comes from the command line."""
import sys
import unittest

from .mail_host import MailHost
from .program import Configuration, Daemon, Once


class RealCase(unittest.TestCase):
    """Tests that share one set of servers."""

    program = None
    # Who has a mailbox at probe.test, with password.
    users = {}

    @classmethod
    def setUpClass(cls):
        cls.host = MailHost(cls.users)
        cls.addClassCleanup(cls.host.close)

    def setUp(self):
        self.configuration = Configuration(self.host.folder / self._testMethodName)
        self._daemons = []

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            for daemon in getattr(self, "_daemons", []):
                print("--- mailprobed\n" + daemon.log(), file=sys.stderr)
            print(self.host.logged(), file=sys.stderr)
        return result

    def account(self, name, mode, smtp=None, pop3=None, password=None):
        """An account for the user of the same name, both halves with the TLS mode `mode`."""
        common = {"tls": mode}
        if mode == "none":
            common["allow_plaintext_auth"] = True
        else:
            common["ca_file"] = str(self.host.authority.file)
        self.configuration.account(
            name, f"{name}@probe.test", password or self.users[name],
            {"port": self.host.smtp_ports[mode], **common, **(smtp or {})},
            {"port": self.host.pop3_ports[mode], **common, **(pop3 or {})})

    def start_daemon(self, level="info"):
        """Runs the daemon until the end of the test."""
        daemon = Daemon(self.program, self.host.processes, self.configuration, level)
        self._daemons.append(daemon)
        self.addCleanup(self._end, daemon)
        return daemon

    def _end(self, daemon):
        self.assertEqual(daemon.stop(), 0, "mailprobed did not end in order")

    def once(self, probe, *options, **more):
        """Runs `mailprobed once`."""
        return Once(self.program, self.configuration, probe, *options, **more)


def main():
    """Runs the tests of the calling file: FILE MAILPROBED [options of unittest]."""
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} MAILPROBED [option of unittest...]")
    RealCase.program = sys.argv[1]
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
