#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The API of a daemon that has seen every verdict, held against its own description.

    api_test.py MAILPROBED LOOPBACK [TEST...]"""
import copy
import http.client
import json
import pathlib
import re
import sqlite3
import sys
import time
import unittest
import urllib.parse

_HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE.parent / "weather"), str(_HERE.parents[1] / "real"), str(_HERE)]
# pylint: disable=wrong-import-position
from scene import SECOND, Scene  # noqa: E402
from schema import Schemas  # noqa: E402
from support.processes import eventually  # noqa: E402

PROGRAMS = []
PASSWORD = "correct horse battery"
VERDICTS = {"good": "delivered", "refused": "send_failed", "bounced": "bounced", "lost": "lost",
            "blind": "unobserved"}


class Client:
    """Asks one daemon and holds every answer against the description that it gives of itself."""

    def __init__(self, url):
        self._place = urllib.parse.urlsplit(url)
        status, self.document = self.ask("/api/v1/openapi.json", described=False)[:2]
        assert status == 200
        self.schemas = Schemas(self.document)
        self.problems = []

    def ask(self, target, method="GET", described=True, **fields):
        """Status, the JSON of the answer, its header."""
        connection = http.client.HTTPConnection(self._place.hostname, self._place.port, timeout=30)
        body = b"{}" if method == "POST" else None
        kind = {"Content-Type": "application/json"} if method == "POST" else {}
        connection.request(method, target, body, {**kind, **fields})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        assert answer.headers["Content-Type"] == "application/json", (target, text)
        value = json.loads(text)
        if described:
            schema = self.schemas.answer(self.path_of(target), method.lower(), answer.status)
            self.problems += [f"{target}: {one}" for one in self.schemas.problems(value, schema)]
        return answer.status, value, answer.headers

    def path_of(self, target):
        """The path of the description that a target belongs to."""
        path = target.partition("?")[0]
        for template in self.document["paths"]:
            if re.fullmatch(re.sub(r"\\\{.*?\\\}", "[^/]+", re.escape(template)), path):
                return template
        raise KeyError(target)

    def get(self, target):
        """The JSON of an answer with status 200."""
        status, value, _ = self.ask(target)
        assert status == 200, (target, status, value)
        return value


class Api(unittest.TestCase):
    """One scene for all tests: it takes seconds until every verdict has fallen."""

    @classmethod
    def setUpClass(cls):
        cls.scene = scene = Scene(*PROGRAMS)
        accounts = [word for name in VERDICTS
                    for word in ("--account", f"{name}@test.invalid:{name}:{PASSWORD}")]
        faults = [word for fault in (
            "smtp RCPT refuse rcpt=refused@test.invalid text=\"550 5.1.1 no such user here\"",
            "smtp DOT bounce rcpt=bounced@test.invalid delivery=100ms",
            "smtp DOT lose rcpt=lost@test.invalid") for word in ("--fault", fault)]
        scene.serve(*accounts, *faults)
        for name in VERDICTS:
            pop3 = {"port": 1} if name == "blind" else {}
            scene.account(name, {}, {"poll": {"first": "100ms", "max": "500ms"}, **pop3},
                          password=PASSWORD)
            scene.configuration.probe(name, interval="2s", deadline="3s", verdict_grace="1s",
                                      bounces=name == "bounced", labels={"kind": name})
        scene.run()
        eventually("every verdict has fallen", lambda: {
            mail["probe"]: mail["verdict"] for mail in scene.judged()}.items() >= VERDICTS.items())
        cls.client = Client(scene.daemon.url)

    @classmethod
    def tearDownClass(cls):
        cls.scene.close()

    @classmethod
    def mail_of(cls, probe, verdict=None):
        """The id of the newest mail of a probe with its verdict."""
        mails = cls.client.get(f"/api/v1/mails?probe={probe}&verdict={verdict or VERDICTS[probe]}")
        return mails["mails"][0]["mail"]

    @classmethod
    def mail(cls, probe):
        """The newest judged mail of a probe with its details, which follow the verdict."""
        target = f"/api/v1/mails/{cls.mail_of(probe)}"

        def whole():
            mail = cls.client.get(target)
            return mail if mail["attempts"] and (mail["looks"] or probe == "refused") else None
        return eventually(f"{target} has its details", whole)

    def tearDown(self):
        self.assertEqual(self.client.problems, [])

    def test_every_answer_is_as_the_description_says(self):
        self.client.get("/api/v1/probes")
        for name in VERDICTS:
            for window in ("1h", "24h", "7d", "30d"):
                self.client.get(f"/api/v1/probes/{name}?window={window}")
                self.client.get(f"/api/v1/probes/{name}/points?window={window}")
            self.mail(name)
        self.client.get("/api/v1/mails?limit=1000")
        for target, status in (("/api/v1/probes/nobody", 404), ("/api/v1/mails/12", 400),
                               ("/api/v1/mails/0123456789abcdef", 404),
                               ("/api/v1/mails?limit=1001", 400), ("/api/v1/mails?verdict=x", 400),
                               ("/api/v1/mails?from=yesterday", 400),
                               ("/api/v1/probes/good?window=2h", 400),
                               ("/api/v1/probes/good/points?limit=3", 400)):
            self.assertEqual(self.client.ask(target)[0], status, target)

    def test_the_check_itself_finds_what_is_wrong(self):
        # Every required member is missed, every type is told from the others.
        good = self.mail("good")
        schema = {"$ref": "#/components/schemas/MailDetail"}
        for name in good:
            self.assertTrue(self.client.schemas.problems(
                {key: value for key, value in good.items() if key != name}, schema), name)
            broken = copy.deepcopy(good)
            broken[name] = [3.5]
            self.assertTrue(self.client.schemas.problems(broken, schema), name)
        self.assertTrue(self.client.schemas.problems({**good, "more": 1}, schema))

    def test_a_probe_tells_its_state_and_how_often_mail_arrived(self):
        probes = {probe["name"]: probe for probe in self.client.get("/api/v1/probes")["probes"]}
        self.assertEqual(list(probes), list(VERDICTS))
        for name, probe in probes.items():
            up = name == "good"
            self.assertEqual(probe["state"], "up" if up else "down", name)
            self.assertEqual(probe["last"]["verdict"], VERDICTS[name])
            self.assertEqual(probe["labels"], {"kind": name})
            for window in ("1h", "24h", "30d"):
                self.assertGreaterEqual(probe["success"][window]["mails"], 1)
                self.assertEqual(probe["success"][window]["ratio"], 1 if up else 0, name)
            self.assertEqual(probe["bad_streak"] == 0, up)
            self.assertEqual(probe["last_round_trip"] is not None, up)
            self.assertLessEqual(probe["since"], probe["last"]["judged"] + 1e-5)
            self.assertEqual({one["verdict"] for one in probe["recent"]}, {VERDICTS[name]})

    def test_since_is_the_first_verdict_of_the_present_state(self):
        mails = self.client.get("/api/v1/mails?probe=lost&verdict=lost&limit=1000")["mails"]
        probe = self.client.get("/api/v1/probes/lost")
        self.assertAlmostEqual(probe["since"], mails[-1]["judged"], places=5)

    def test_a_failed_mail_shows_where_it_failed_and_what_the_server_said(self):
        mail = self.mail("refused")
        self.assertEqual((mail["stage"], mail["cause"]), ("envelope", "rejected_permanent"))
        self.assertIn("no such user here", mail["detail"])
        (attempt,) = mail["attempts"]
        self.assertEqual([stage["stage"] for stage in attempt["stages"] if stage["cause"]],
                         ["envelope"])
        said = [(line["who"], line["text"]) for line in attempt["transcript"]]
        self.assertIn(("server", "550 5.1.1 no such user here"), said)
        self.assertTrue(any(who == "client" and text.startswith("RCPT TO:<refused@test.invalid>")
                            for who, text in said))
        self.assertEqual(mail["looks"], [])

    def test_a_delivered_mail_shows_its_stages_looks_and_hops(self):
        mail = self.mail("good")
        stages = [stage["stage"] for stage in mail["attempts"][0]["stages"]]
        self.assertEqual(stages, ["resolve", "connect", "greeting", "hello", "auth", "envelope",
                                  "data", "accept", "quit"])
        ends = [stage["at"] + stage["took"] for stage in mail["attempts"][0]["stages"]]
        self.assertEqual(ends, sorted(ends))
        self.assertAlmostEqual(mail["attempts"][0]["began"], mail["started"], delta=1)
        last = mail["looks"][-1]
        self.assertTrue(last["complete"])
        self.assertIn("remove", [stage["stage"] for stage in last["stages"]])
        self.assertIn("C", {line["who"][0].upper() for line in last["transcript"]})
        self.assertTrue(mail["hops"] and mail["hops"][0]["by"])
        self.assertLessEqual(mail["uncertainty"], mail["round_trip"])

    def test_the_looks_of_an_unobserved_mail_say_why(self):
        mail = self.mail("blind")
        self.assertEqual({(look["stage"], look["cause"]) for look in mail["looks"]},
                         {("connect", "refused")})
        self.assertEqual({look["complete"] for look in mail["looks"]}, {False})

    def test_a_lost_mail_has_the_looks_that_did_not_show_it(self):
        mail = self.mail("lost")
        self.assertTrue(mail["looks"])
        self.assertGreaterEqual(mail["looks"][-1]["began"] + mail["looks"][-1]["took"],
                                mail["deadline"])

    def test_pages_of_mails_follow_each_other_without_gap_or_repetition(self):
        everything = self.client.get("/api/v1/mails?limit=1000&probe=good")["mails"]
        newest = everything[0]["started"]
        found, target = [], "/api/v1/mails?limit=1&probe=good"
        cursor = ""
        while cursor is not None:
            page = self.client.get(target + (f"&before={cursor}" if cursor else ""))
            self.assertLessEqual(len(page["mails"]), 1)
            found += [mail["mail"] for mail in page["mails"] if mail["started"] <= newest]
            cursor = page["next"]
        self.assertEqual(found, [mail["mail"] for mail in everything])

    def test_filters_choose_by_verdict_time_and_probe(self):
        bad = self.client.get("/api/v1/mails?verdict=bad&limit=1000")["mails"]
        self.assertEqual({mail["verdict"] for mail in bad}, set(VERDICTS.values()) - {"delivered"})
        self.assertEqual({mail["verdict"] for mail in self.client.get(
            "/api/v1/mails?verdict=lost,bounced")["mails"]}, {"lost", "bounced"})
        pending = self.client.get("/api/v1/mails?verdict=pending&limit=1000")["mails"]
        self.assertEqual({mail["verdict"] for mail in pending} - {None}, set())
        middle = bad[len(bad) // 2]["started"]
        early = self.client.get(f"/api/v1/mails?verdict=bad&to={middle}&limit=1000")["mails"]
        late = self.client.get(f"/api/v1/mails?verdict=bad&from={middle}&limit=1000")["mails"]
        self.assertTrue(all(mail["started"] < middle for mail in early))
        self.assertTrue(all(mail["started"] >= middle - 1e-6 for mail in late))

    def test_points_are_columns_of_one_length(self):
        points = self.client.get("/api/v1/probes/good/points")
        columns = [points[name] for name in ("mail", "started", "verdict", "round_trip")]
        self.assertEqual(len({len(column) for column in columns}), 1)
        self.assertEqual(points["started"], sorted(points["started"]))
        self.assertEqual({points["verdicts"][index] for index in points["verdict"]}, {"delivered"})

    def test_strangers_see_neither_words_nor_ways(self):
        target = f"/api/v1/mails/{self.mail('refused')['mail']}"
        for path in (target, "/api/v1/probes", "/api/v1/openapi.json"):
            _, refused, _ = self.client.ask(path, Host="rebound.example.org")
            self.assertIn("web.allowed_hosts", json.dumps(refused))
        for fields in ({"Host": "192.0.2.7"}, {"X-Forwarded-For": "192.0.2.1"}):
            _, mail, _ = self.client.ask(target, **fields)
            self.assertEqual(mail["access"], "public")
            self.assertEqual((mail["detail"], mail["hops"]), (None, None))
            self.assertEqual([attempt["transcript"] for attempt in mail["attempts"]], [None])
            self.assertNotIn("test.invalid", json.dumps(mail))
            _, probes, _ = self.client.ask("/api/v1/probes", **fields)
            self.assertEqual(probes["access"], "public")
            self.assertNotIn("test.invalid", json.dumps(probes))

    def test_no_password_in_any_form_is_in_any_mail(self):
        for name in VERDICTS:
            text = json.dumps(self.mail(name))
            self.assertNotIn("correct horse", text)
            self.assertNotIn("Y29ycmVjdC", text)
        with sqlite3.connect(self.scene.configuration.folder / "state" / "ledger.db") as ledger:
            dump = "\n".join(ledger.iterdump())
        ledger.close()
        self.assertIn("AUTH PLAIN", dump)  # conversations are there
        self.assertNotIn("correct horse", dump)

    def test_run_sends_one_mail_now_and_not_another_one_at_once(self):
        status, answer, _ = self.client.ask("/api/v1/probes/good/run", "POST")
        self.assertEqual(status, 202)
        eventually("it is delivered", lambda: self.client.ask(
            f"/api/v1/mails/{answer['mail']}", described=False)[1].get("verdict") == "delivered")
        status, _, header = self.client.ask("/api/v1/probes/good/run", "POST")
        self.assertEqual(status, 429)
        self.assertIn(int(header["Retry-After"]), range(1, 11))
        self.assertEqual(self.client.ask("/api/v1/probes/nobody/run", "POST")[0], 404)
        evil = {"Origin": "http://evil.example"}
        self.assertEqual(self.client.ask("/api/v1/probes/lost/run", "POST", **evil)[0], 403)
        form = {"Content-Type": "text/plain"}
        self.assertEqual(self.client.ask("/api/v1/probes/lost/run", "POST", **form)[0], 415)

    def test_z_the_history_survives_a_restart(self):
        before = {name: self.mail(name) for name in VERDICTS}
        self.scene.daemon.stop()
        self.scene.run()
        client = Client(self.scene.daemon.url)
        for name, mail in before.items():
            after = client.get(f"/api/v1/mails/{mail['mail']}")
            for late in ("evidence", "progress"):
                after.pop(late), mail.pop(late)
            self.assertEqual(after, mail, name)
        probes = {probe["name"]: probe for probe in client.get("/api/v1/probes")["probes"]}
        self.assertEqual(probes["good"]["state"], "up")
        self.assertGreater(probes["lost"]["bad_streak"], 0)


class LongHistory(unittest.TestCase):
    """A probe that has run for months."""

    def test_ten_thousand_mails_open_in_less_than_a_second(self):
        scene = Scene(*PROGRAMS)
        self.addCleanup(scene.close)
        scene.serve("--account", f"a@test.invalid:a:{PASSWORD}")
        scene.account("a", password=PASSWORD)
        scene.configuration.probe("a", interval="1s", deadline="10s")
        scene.run()
        eventually("a mail is judged", scene.judged)
        scene.daemon.stop()
        now = time.time_ns()
        ledger = sqlite3.connect(scene.configuration.folder / "state" / "ledger.db")
        # The fields that matter here are moved, everything else is that of a true mail.
        names = [row[1] for row in ledger.execute("PRAGMA table_info(mails)")]
        changed = {"mail": "n", "wall_ns": f"{now} - n * {120 * SECOND}",
                   "judged_ns": f"{now} - n * {120 * SECOND} + 1000000000"}
        ledger.execute(
            "WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count LIMIT 10000)"
            f" INSERT INTO mails SELECT {', '.join(changed.get(name, name) for name in names)} FROM"
            " count, (SELECT * FROM mails WHERE verdict = 'delivered' LIMIT 1)")
        ledger.commit()
        ledger.close()
        scene.run()
        client = Client(scene.daemon.url)
        for target in ("/api/v1/probes", "/api/v1/probes/a?window=30d",
                       "/api/v1/probes/a/points?window=30d", "/api/v1/mails?probe=a&limit=1000"):
            began = time.monotonic()
            answer = client.ask(target, described=False)[1]
            took = time.monotonic() - began
            print(f"10,000 mails: {target} in {1000 * took:.0f} ms")
            if target.endswith("points?window=30d"):
                self.assertGreaterEqual(len(answer["mail"]), 10_000)
            # A sanitizer's build needs about ten times as long as the one that is shipped.
            self.assertLess(took, 10)


if __name__ == "__main__":
    PROGRAMS = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
