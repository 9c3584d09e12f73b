# SPDX-License-Identifier: Apache-2.0
"""The daemon and the embedded mail server with a route for every verdict, for a browser to look at.
Prints one line of JSON with the daemon's address when it serves and ends both when its input ends.

    scene.py MAILPROBED LOOPBACK GOOD
        GOOD: so many mails of each route pass before its trouble begins"""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "e2e/program/weather"))
# pylint: disable=wrong-import-position
from scene import Scene  # noqa: E402

PASSWORD = "open-sesame"
# name, from, to, team, what is wrong (faults of the mail server; {good} mails pass first), keys of the
# probe. The account `office` sends nearly all, so faults go by recipient.
ROUTES = (
    ("office", "office", "office", "it", (), {}),
    ("shop-orders", "office", "shop", "sales",
     ("smtp DOT lose rcpt=shop@test.invalid skip={good}",), {"deadline": "4s"}),
    # Its logins pause once one is refused, so a delivery that is judged after the refusal would stay
    # its last verdict: the mail before has 4 s, and with few good mails there is none.
    ("partner", "partner", "office", "sales",
     ("smtp LOGIN refuse user=partner skip={few} text=\"535 5.7.8 Error: authentication failed\"",),
     {"interval": "4s"}),
    ("invoices", "office", "billing", "finance",
     ("smtp DOT reply rcpt=billing@test.invalid skip={good} "
      "text=\"554 5.7.1 Message rejected as spam\"",), {}),
    ("newsletter", "office", "readers", "sales",
     ("smtp DOT bounce rcpt=readers@test.invalid skip={good} kind=dsn status=5.2.2 delivery=300ms",),
     {"deadline": "6s"}),
    ("support", "office", "support", "it", ("pop3 LOGIN lock_held user=support skip={looks}",),
     {"deadline": "4s"}),
    ("branch-office", "office", "branch", "it",
     ("smtp DOT delay_delivery rcpt=branch@test.invalid delivery=uniform:1s:5s",), {}),
    ("payroll", "office", "payroll", "finance",
     ("smtp DOT alter rcpt=payroll@test.invalid skip={good} p=0.3",), {"interval": "2s"}),
    ("backup-mx", "office", "backup", "it",
     ("smtp DOT delay_delivery rcpt=backup@test.invalid skip={few} delivery=10m",),
     {"deadline": "30m", "interval": "5s"}),
    # It starts its first mail some day.
    ("archive", "office", "archive", "finance", (), {"interval": "7d"}),
)


# How long the mail server thinks, as servers do.
PACE = (("smtp greeting", "24ms"), ("smtp EHLO", "9ms"), ("smtp AUTH", "42ms"), ("smtp RCPT", "12ms"),
        ("smtp DOT", "90ms"), ("pop3 greeting", "8ms"), ("pop3 LOGIN", "21ms"))


def build(scene, good):
    """Starts the server and the daemon."""
    options = ["--delay", "log-uniform:60ms:900ms", "--seed", "5"]
    for where, wait in PACE:
        options += ["--fault", f"{where} delay for={wait}"]
    if good > 10:
        # A route is seldom perfect. Of two faults the first one strikes.
        options += ["--fault", "smtp DOT lose rcpt=branch@test.invalid p=0.06"]
    for name in sorted({name for route in ROUTES for name in route[1:3]}):
        options += ["--account", f"{name}@test.invalid:{name}:{PASSWORD}"]
    for fault in (fault for route in ROUTES for fault in route[4]):
        options += ["--fault", fault.format(good=good, few=good // 4, looks=4 * good)]
    scene.serve(*options)
    for name in sorted({name for route in ROUTES for name in route[1:3]}):
        scene.account(name, password=PASSWORD)
    for name, sender, receiver, team, _, keys in ROUTES:
        scene.configuration.probe(name, **{"from": sender, "to": receiver, "interval": "1s",
                                           "labels": {"team": team}, **keys})
    scene.configuration.general(instance="example", defaults={
        "deadline": "10s", "verdict_grace": "2s", "slo_latency": "2s",
        "poll": {"first": "80ms", "growth": 1.3, "max": "500ms"}})
    return scene.run()


def main():
    mailprobed, loopback, good = sys.argv[1:]
    scene = Scene(mailprobed, loopback)
    try:
        daemon = build(scene, int(good))
        print(json.dumps({"url": daemon.url, "configuration": str(
            scene.configuration.folder / "mailprobed.yaml")}), flush=True)
        sys.stdin.read()
        if daemon.stop() not in (0, None):
            sys.exit("mailprobed did not end well:\n" + daemon.log()[-2000:])
    finally:
        scene.close()


main()
