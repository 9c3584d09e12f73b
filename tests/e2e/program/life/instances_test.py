#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two instances of the unit on one host, with one mailbox, one tag key and the same probe.

    instances_test.py MAILPROBED LOOPBACK DISK_SHIM CLOCK_SHIM [TEST...]"""
import json
import re

from life import LifeTest, eventually, main
from scene import mail_of_tag
from support.program import Configuration, Daemon


class Instances(LifeTest):
    """As mailprobed@one and mailprobed@two."""

    def start_instance(self, name, address):
        """A daemon as the unit of this name starts it: its file says nothing of the instance."""
        configuration = Configuration(self.scene.folder / name)
        plain = {"tls": "none", "allow_plaintext_auth": True, "username": "a",
                 "source_address": address}
        configuration.account("a", "a@test.invalid", "secret",
                              {"port": self.scene.server.ports["smtp"], **plain},
                              {"port": self.scene.server.ports["pop3"], **plain})
        configuration.probe("a", interval="1s", deadline="20s")
        file = configuration.write()
        document = json.loads(file.read_text())
        del document["instance"]
        file.write_text(json.dumps(document))
        configuration.write = lambda: file
        return Daemon(self.mailprobed, self.scene.processes, configuration, "info",
                      ["env", f"MAILPROBED_INSTANCE={name}"])

    def test_each_counts_and_removes_its_own_mails_only(self):
        self.scene.serve("--account", "a@test.invalid:a:secret")
        addresses = {"one": "127.0.3.1", "two": "127.0.3.2"}
        both = {name: self.start_instance(name, at) for name, at in addresses.items()}
        for name, daemon in both.items():
            eventually(f"{name} has judged five mails", lambda d=daemon: d.metrics().total(
                "verdicts_total", probe="a") >= 5)
        own = {}
        for name, daemon in both.items():
            figures = daemon.metrics()
            self.assertEqual(set(figures.verdicts("a")), {"delivered"}, name)
            self.assertEqual(figures.total("after_verdict_total"), 0, name)
            # The same key verifies the other's tags too: what keeps them apart is the instance.
            self.assertEqual(figures.total("mailbox_tags_rejected_total"), 0, name)
            self.assertEqual(daemon.stop(), 0)
            own[name] = set(re.findall(r"event=mail .*mail=(\w+) verdict", daemon.log()))
        for name, address in addresses.items():
            deleted = {mail_of_tag(event["mail"]["tag"])
                       for event in self.scene.server.events("deleted")
                       if event["peer"].startswith(address)}
            self.assertGreaterEqual(len(deleted), 4)
            other, = own.keys() - {name}
            self.assertFalse(deleted & own[other], f"{name} removed mails of {other}")


if __name__ == "__main__":
    main(Instances)
