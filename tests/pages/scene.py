# SPDX-License-Identifier: Apache-2.0
"""The daemon and the embedded mail server with a route for every verdict, for a browser to look at.
Prints one line of JSON with the daemon's address when it serves and ends both when its input ends.

    scene.py MAILPROBED LOOPBACK GOOD
        GOOD: so many mails of each route pass before its trouble begins"""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e/weather"))
# pylint: disable=wrong-import-position
from scene import Scene  # noqa: E402

# name, team, what is wrong (a fault of the mail server; {good} mails pass first), keys of the probe.
ROUTES = (
    ("office", "it", None, {}),
    ("shop-orders", "sales", "smtp DOT lose {user} skip={good}", {"deadline": "4s"}),
    ("partner", "sales", "smtp LOGIN refuse {user} skip={good} text=\"535 5.7.8 Error: "
     "authentication failed\"", {}),
    ("invoices", "finance", "smtp DOT reply {user} skip={good} text=\"554 5.7.1 Message rejected "
     "as spam\"", {}),
    ("newsletter", "sales", "smtp DOT bounce {user} skip={good} kind=dsn status=5.2.2 "
     "delivery=300ms", {}),
    ("support", "it", "pop3 LOGIN lock_held {user} skip={looks}", {"deadline": "4s"}),
    ("branch-office", "it", "smtp DOT delay_delivery {user} delivery=uniform:1s:5s", {}),
    ("payroll", "finance", "smtp DOT alter {user} skip={good} p=0.3", {"interval": "2s"}),
    ("backup-mx", "it", "smtp DOT delay_delivery {user} skip={good} delivery=10m",
     {"deadline": "30m", "interval": "5s"}),
    # It starts its first mail some day.
    ("archive", "finance", None, {"interval": "7d"}),
)


def build(scene, good):
    """Starts the server and the daemon."""
    options = ["--delay", "log-uniform:60ms:900ms", "--seed", "5"]
    for name, _, fault, _ in ROUTES:
        options += ["--account", f"{name}@test.invalid:{name}:secret"]
        if fault:
            options += ["--fault", fault.format(user=f"user={name}", good=good, looks=5 * good)]
    scene.serve(*options)
    for name, team, _, keys in ROUTES:
        scene.account(name)
        scene.configuration.probe(name, **{"interval": "1s", "labels": {"team": team}, **keys})
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
