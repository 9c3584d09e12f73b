# SPDX-License-Identifier: Apache-2.0
"""The steps: what an operator may expect of the package and its units. Each is a function that says
in one line what it saw, or fails with an AssertionError; they run in the order of STEPS."""
import base64
import pathlib
import re
import secrets
import time

from container import wait_until
from reboots import reboots, what_is_read
from service import ETC, Service

# Only times: what takes ten seconds in earnest must not take a minute here.
SHORTER = "[Service]\nRestartSec=1s\nWatchdogSec=4s\nTimeoutAbortSec=2s\n"
# Where a purge may leave something: what belongs to dpkg, apt and systemd themselves.
OTHERS = ("/proc", "/sys", "/dev", "/run", "/tmp", "/var/tmp", "/var/log", "/var/cache", "/var/lib/apt",
          "/var/lib/dpkg", "/var/lib/systemd")
README = pathlib.Path(__file__).resolve().parents[2] / "systemd/README.md"


class Scene:
    """What the steps share."""

    def __init__(self, box, mail_server):
        self.box, self.mail_server = box, mail_server
        self.main = Service(box)
        self.before = ""

    def files(self):
        pruned = " -o ".join(f"-path {folder}" for folder in OTHERS)
        return set(self.box.run(f"find / -xdev \\( {pruned} \\) -prune -o -print").stdout.split("\n"))

    def restart(self):
        self.box.run(f"systemctl restart {self.main.unit}")
        wait_until("it serves", self.main.metrics, 10)


def readme_blocks():
    """The marked shell blocks of the first ten minutes, in their order: (mark, script)."""
    text = README.read_text(encoding="utf-8").split("\n## First ten minutes\n")[1].split("\n## ")[0]
    return re.findall(r"<!-- run: ([a-z-]+) -->\n+```sh\n(.*?)```", text, re.S)


def first_ten_minutes(scene):
    """Runs what the README tells an operator, word for word; only the values are ours."""
    box, password = scene.box, scene.mail_server.passwords["own-server"]
    values, seen = "", []
    blocks = readme_blocks()
    for mark, script in blocks:
        if mark == "values":
            values = "PRESET=own-server\nADDRESS=probe@example.org\nSERVER=localhost\n"
            assert set(re.findall(r"^([A-Z]+)=", script, re.M)) == {"PRESET", "ADDRESS", "SERVER"}
            continue
        if mark == "install":
            assert box.ask("systemctl is-active mailprobed") == "inactive"
        seen.append(box.run("cd /root\n" + values + script,
                            text_in=password + "\n" if mark == "password" else "").stdout)
        if mark == "install":
            assert box.ask("systemctl is-enabled mailprobed") == "enabled"
            assert box.ask("systemctl is-active mailprobed") == "inactive", "started by itself"
            box.run("systemctl start mailprobed")
            assert box.ask("systemctl is-active mailprobed") == "inactive", "no configuration"
    marks = [mark for mark, _ in blocks]
    assert marks == ["install", "values", "configure", "password", "check", "once", "start",
                     "metrics"], marks
    assert "delivered" in seen[4], seen[4]
    assert 'mailprobed_verdicts_total{probe="own-server"' in seen[6], seen[6]
    assert not any(password in text for text in seen), "the password was printed"
    return f"{len(seen)} blocks of systemd/README.md; not started before the configuration was there"


def active_after_ready(scene):
    """`systemctl start` returns, and the unit is active, only when the daemon serves."""
    box, main = scene.box, scene.main
    box.run("systemctl stop mailprobed")
    password = scene.mail_server.passwords["quick"]
    main.configure(["quick"], password=f"{{command: [/bin/sh, -c, 'sleep 2; echo {password}']}}")
    box.run("systemctl start --no-block mailprobed")
    activating = 0

    def active():
        nonlocal activating
        serves = bool(main.metrics())
        state = main.state()
        activating += state == "activating"
        assert not (state == "active" and not serves and not main.metrics()), "active, but deaf"
        return state == "active"
    wait_until("the unit becomes active", active, 20, 0.02)
    assert activating, "it was never seen activating"
    return f"{activating} times seen activating while passwords were fetched, active when it served"


def mail_goes_round(scene):
    main = scene.main
    scene.mail_server.give_credentials(f"{ETC}/credentials", ["quick", "slow", "shared"])
    main.configure(["quick", "slow"])
    scene.box.run("mkdir -p /etc/systemd/system/mailprobed.service.d")
    scene.box.write("/etc/systemd/system/mailprobed.service.d/test.conf", SHORTER)
    scene.box.run("systemctl daemon-reload")
    scene.restart()
    wait_until("a mail is delivered", lambda: main.delivered("quick") >= 1, 15)
    status = scene.box.property("mailprobed.service", "StatusText")
    assert status, "no STATUS= was sent"
    user = main.user()
    assert 61184 <= user <= 65519, f"user {user} is none of DynamicUser="
    return f"credential read, delivered; runs as user {user}; says: {status}"


def kill_in_flight(scene):
    main = scene.main
    mails, pid = main.in_flight("slow"), main.pid()
    scene.box.run(f"kill -KILL {pid}")
    main.started_anew(pid, 10)
    verdicts = main.judged(mails, 30)
    assert set(verdicts) == {"delivered"}, verdicts
    return f"{len(mails)} mails in flight, restarted, all delivered"


def frozen(scene):
    main = scene.main
    pid, began = main.pid(), time.monotonic()
    scene.box.run(f"kill -STOP {pid}")
    main.started_anew(pid, 30)
    took = time.monotonic() - began
    assert "Watchdog timeout" in scene.box.ask("journalctl --unit=mailprobed"), "not the watchdog"
    return f"restarted {took:.0f} s after SIGSTOP (WatchdogSec=4s here)"


def reload_good_and_bad(scene):
    """SIGHUP takes a good file and refuses a bad one, and the process stays."""
    main, pid = scene.main, scene.main.pid()
    gauge = "config_last_reload_successful"
    main.configure(["quick", "slow", "shared"])
    scene.box.run("systemctl reload mailprobed")
    wait_until("the new probe", lambda: main.delivered("shared") >= 1, 15)
    good = scene.box.path(f"{ETC}/mailprobed.yaml").read_text()
    scene.box.write(f"{ETC}/mailprobed.yaml", good + "unheard_of: true\n")
    scene.box.run("systemctl reload mailprobed")
    wait_until("the refusal is exported", lambda: main.metric(gauge) == 0, 10)
    known = main.delivered("shared")
    wait_until("the old configuration goes on", lambda: main.delivered("shared") > known, 15)
    main.configure(["quick", "slow"])
    scene.box.run("systemctl reload mailprobed")
    wait_until("the gauge recovers", lambda: main.metric(gauge) == 1, 10)
    assert main.pid() == pid, "it was restarted"
    return "a probe added; a bad file refused, the old configuration kept; a good one taken"


def stop_in_time(scene):
    main = scene.main
    mails = main.in_flight("slow")
    began = time.monotonic()
    scene.box.run("systemctl stop mailprobed")
    took = time.monotonic() - began
    assert took <= 5, f"{took:.1f} s"
    result = scene.box.property("mailprobed.service", "Result")
    assert result == "success", result
    scene.box.run("systemctl start mailprobed")
    verdicts = main.judged(mails, 30)
    assert set(verdicts) == {"delivered"}, verdicts
    return f"{took:.2f} s with {len(mails)} mails in flight, delivered after the next start"


def exposure(scene):
    text = scene.box.run("systemd-analyze security --no-pager --threshold=13 mailprobed").stdout
    figure = re.search(r"Overall exposure level for mailprobed.service: (\S+)", text)[1]
    said = scene.box.run("systemd-analyze verify --man=no mailprobed.service mailprobed@x.service "
                         "mailprobed.socket").stdout.strip()
    assert not said, said
    return f"exposure {figure} online; verify says nothing"


def journal_fields(scene):
    """Fields of its own, so that `journalctl MAILPROBED_PROBE=x` finds a probe's mails."""
    counts = {}
    for match in ("MAILPROBED_PROBE=slow", "MAILPROBED_VERDICT=delivered"):
        found = scene.box.ask(f"journalctl --quiet --output=cat {match}").splitlines()
        assert found, f"the journal has nothing with {match}"
        counts[match] = len(found)
    assert not scene.box.ask("journalctl --quiet --output=cat MAILPROBED_PROBE=nobody")
    return ", ".join(f"{match}: {count}" for match, count in counts.items())


def no_secrets(scene):
    text = scene.box.run("journalctl --all --output=export", timeout=60).stdout
    assert "EHLO" in text, "the transcripts are not there: nothing is proved"
    for user, password in scene.mail_server.passwords.items():
        shapes = [password, password.encode().hex()]
        shapes += [base64.b64encode(raw.encode()).decode()
                   for raw in (password, f"\0{user}\0{password}")]
        for shape in shapes:
            assert shape not in text, f"the password of {user} is in the journal"
    return f"{len(text) // 1024} KiB of journal with transcripts, no password in any form"


def socket_activation(scene):
    """With mailprobed.socket a scrape is answered although no daemon runs yet, over IPv6 too."""
    box, main = scene.box, scene.main
    box.run("systemctl stop mailprobed; systemctl start mailprobed.socket")
    assert main.state() == "inactive", main.state()
    for address in ("127.0.0.1", "[::1]"):
        page = box.run(f"curl -sS --fail --max-time 10 http://{address}:10995/metrics").stdout
        assert "mailprobed_build_info" in page, page
    assert main.state() == "active", main.state()
    box.run("systemctl stop mailprobed.socket mailprobed; systemctl start mailprobed")
    return "the first scrape starts the service and is answered, 127.0.0.1 and ::1"


def instances(scene):
    """Two more daemons with one mailbox and one key between them, told apart by the unit's name."""
    box, names, key = scene.box, ("a", "b"), secrets.token_hex(32)
    both = [Service(box, f"mailprobed@{name}.service", name, 10996 + index)
            for index, name in enumerate(names)]
    for one in both:
        one.configure(["shared"], extra="tag_key: {credential: tag-key}\n")
        box.run(f"mkdir -p -m 700 {ETC}/{one.name}.credentials")
        scene.mail_server.give_credentials(f"{ETC}/{one.name}.credentials", ["shared"])
        box.write(f"{ETC}/{one.name}.credentials/tag-key", key, 0o600)
        box.run(f"systemctl enable --now {one.unit}")
    wait_until("both have mails delivered",
               lambda: all(one.delivered("shared") >= 3 for one in both), 30, 0.3)
    for one in both:
        verdicts = {mail.get("verdict", "delivered") for mail in one.mails().values()}
        assert verdicts == {"delivered"}, (one.name, verdicts)
        orphans = one.metric("after_verdict_total", probe="shared", kind="orphan")
        assert orphans == 0, f"{one.name} took {orphans} mails of the other for its own"
    users = {one.user() for one in (scene.main, *both)}
    assert len(users) == 3, f"instances share a user and could read each other's secrets: {users}"
    return "mailprobed@a and mailprobed@b share mailbox and key, all of both delivered, no orphans"


def upgrade(scene):
    main, other = scene.main, Service(scene.box, "mailprobed@a.service", "a", 10996)
    mails, pids = main.in_flight("slow"), (main.pid(), other.pid())
    scene.box.run("apt-get install -y /root/newer/*.deb")
    version = scene.box.ask("dpkg-query -W -f '${Version}' mailprobed")
    main.started_anew(pids[0], 10)
    other.started_anew(pids[1], 10)
    verdicts = main.judged(mails, 30)
    assert set(verdicts) == {"delivered"}, verdicts
    main.ledger("verify")
    return f"to {version} with {len(mails)} mails in flight; service and instance restarted"


def remove_and_purge(scene):
    scene.box.run("rm /etc/systemd/system/mailprobed.service.d/test.conf; apt-get remove -y mailprobed")
    assert not scene.box.ask("cat /proc/[0-9]*/comm | grep -x mailprobed"), "it still runs"
    assert scene.box.path(f"{ETC}/mailprobed.yaml").exists(), "remove took the configuration"
    scene.box.run("apt-get install -y /root/newer/*.deb")
    assert scene.main.state() == "active", "configured and enabled, but not started"
    scene.box.run("apt-get purge -y mailprobed")
    left = sorted(scene.files() - scene.before)
    # What the others' folders may have of ours has our name.
    left += scene.box.ask("find /run /tmp /var -name '*mailprobed*'").split()
    assert not left, "left behind: " + " ".join(left[:20])
    failed = scene.box.ask("systemctl list-units --all --no-legend 'mailprobed*'")
    assert not failed, failed
    return "remove keeps configuration and ledger, so that it can come back; purge leaves no file"


# reload_good_and_bad (behind frozen) and socket_activation (behind no_secrets) join them with the
# daemon's side of both.
STEPS = (first_ten_minutes, active_after_ready, mail_goes_round, kill_in_flight, frozen,
         reload_good_and_bad, stop_in_time, exposure, journal_fields, no_secrets,
         socket_activation, instances, what_is_read, reboots, upgrade, remove_and_purge)
