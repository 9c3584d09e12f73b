# SPDX-License-Identifier: Apache-2.0
"""What the steps ask the service: metrics, ledger, processes; and the mail server beside it."""
import json
import pathlib
import re
import secrets
import shutil

from container import wait_until

ETC = "/etc/mailprobed"
LOOPBACK = "/usr/local/bin/mailprobed-loopback"
CONFIGURATION = """\
log: {{level: trace}}
web: {{listen: "127.0.0.1:{port}"}}
defaults:
  interval: 2s
  deadline: 60s
  poll: {{first: 200ms, max: 1s}}
accounts:
{accounts}
probes:
{probes}
"""
ACCOUNT = """\
  - name: {name}
    address: {user}@test.invalid
    smtp: {{host: localhost, tls: implicit, username: {user}, password: {password}}}
    pop3: {{host: localhost, tls: implicit, username: {user}, password: {password}}}
"""
PROBE = "  - {{name: {name}, from: {name}, to: {name}}}\n"


class Service:
    """One instance of mailprobed: its unit, port and configuration file."""

    def __init__(self, box, unit="mailprobed.service", name="mailprobed", port=10995):
        self.box, self.unit, self.name, self.port = box, unit, name, port

    def configure(self, users, password=None, extra=""):
        """One probe for each user of the mail server."""
        accounts = "".join(ACCOUNT.format(name=user, user=user,
                                          password=password or f"{{credential: {user}}}")
                           for user in users)
        probes = "".join(PROBE.format(name=user) for user in users)
        self.box.write(f"{ETC}/{self.name}.yaml", extra + CONFIGURATION.format(
            port=self.port, accounts=accounts, probes=probes))

    def state(self):
        return self.box.property(self.unit, "ActiveState")

    def pid(self):
        return int(self.box.property(self.unit, "MainPID") or 0)

    def user(self):
        return int(self.box.ask(f"stat -c %u /proc/{self.pid()}"))

    def metrics(self):
        """The page; empty as long as nobody answers."""
        return self.box.ask(f"curl -s --max-time 5 http://127.0.0.1:{self.port}/metrics")

    def metric(self, name, **labels):
        """One value, None if there is no such series."""
        for found, value in re.findall(rf"^mailprobed_{name}(?:\{{(.*)\}})? (\S+)$", self.metrics(),
                                       re.M):
            if labels.items() <= dict(re.findall(r'(\w+)="([^"]*)"', found)).items():
                return float(value)
        return None

    def delivered(self, probe):
        return self.metric("verdicts_total", probe=probe, verdict="delivered") or 0

    def ledger(self, words):
        """What `mailprobed ledger` prints beside the daemon; fails if it does."""
        config = "" if self.name == "mailprobed" else f"--config {ETC}/{self.name}.yaml "
        return self.box.run(f"mailprobed {config}ledger {words} 2>/dev/null").stdout

    def mails(self):
        """All mails of the ledger, by id."""
        lines = self.ledger("export").splitlines()
        return {mail["mail"]: mail for mail in map(json.loads, lines)}

    def in_flight(self, probe):
        """Ids of mails that wait for their verdict; waits until there is one."""
        return wait_until("a mail is in flight", lambda: [
            mail for mail, facts in self.mails().items()
            if facts["probe"] == probe and not facts.get("verdict")
            and facts.get("progress") == "accepted"], 20, 0.2)

    def judged(self, mails, seconds):
        """Waits until the mails have verdicts; returns these."""
        def verdicts():
            now = self.mails()
            assert all(mail in now for mail in mails), "the ledger forgot a mail"
            found = [now[mail].get("verdict") for mail in mails]
            return found if all(found) else None
        return wait_until("pending mails get their verdicts", verdicts, seconds, 0.3)

    def started_anew(self, old, seconds):
        """Waits until another process than `old` is the service and active."""
        return wait_until("the service is there again", lambda: self.state() == "active"
                          and self.pid() not in (0, old) and self.pid(), seconds)


class MailServer:
    """mailprobed-loopback as a service inside, with a certificate that the container trusts."""

    def __init__(self, box, program):
        self.box = box
        self.passwords = {user: f"secret-{secrets.token_hex(12)}" for user in
                          ("own-server", "quick", "slow", "shared")}
        shutil.copy(pathlib.Path(program), box.path(LOOPBACK))

    def start(self, address):
        users = {user: (f"{user}@test.invalid", user) for user in ("quick", "slow", "shared")}
        users["own-server"] = (address, address)
        accounts = " ".join(f"--account {mail}:{user}:{self.passwords[name]}"
                            for name, (mail, user) in users.items())
        self.box.write("/etc/systemd/system/loopback.service", f"""\
[Service]
ExecStartPre=mkdir -p /run/loopback
ExecStart={LOOPBACK} --smtp-port off --smtps-port 465 --pop3-port off --pop3s-port 995 \\
  --cert-dir /run/loopback {accounts} \\
  --fault "smtp DOT delay_delivery delivery=uniform:7s:8s user=slow"
StandardOutput=null
""")
        self.box.run("systemctl daemon-reload; systemctl start loopback")
        wait_until("the mail server's certificate",
                   lambda: self.box.ask("cat /run/loopback/ca.pem").startswith("-----BEGIN"), 10)
        self.box.run("cp /run/loopback/ca.pem /usr/local/share/ca-certificates/loopback.crt;"
                     "update-ca-certificates")

    def give_credentials(self, folder, users):
        for user in users:
            self.box.write(f"{folder}/{user}", self.passwords[user] + "\n", 0o600)
