#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every query, annotation and variable of the boards, evaluated by a Prometheus that has scraped a run with
every verdict in it.

usage: live_test.py MAILPROBED LOOPBACK [option of unittest...]"""
import math
import re
import sys
import unittest

from boards import boards
from every_verdict import EXPECTED, FAULTS, Scene
from grafana import Grafana
from live_checks import problems
from sabotage import copies
import metric_names

TOP = "Which route is bad, since when, at which stage"


def escaped(text):
    """A value in a matcher with =~, as Grafana writes it."""
    return re.sub(r"([\\^$.*+?()|\[\]{}])", r"\\\\\1", text)


class Live(unittest.TestCase):
    maxDiff = None
    programs = ()

    @classmethod
    def setUpClass(cls):
        cls.scene = Scene(*cls.programs)
        cls.addClassCleanup(cls.scene.close)
        try:
            cls.scene.play()
        except AssertionError:
            print(cls.scene.daemon.log(), file=sys.stderr)
            raise
        cls.instance = cls.scene.daemon.url.removeprefix("http://")
        cls.exported = metric_names.exported(cls.scene.daemon.metrics().text)
        cls.reader = Grafana(cls.scene.prometheus.url, cls.scene.start, cls.scene.end, {
            "datasource": "any", "job": "mailprobed", "instance": escaped(cls.instance),
            "window": "1m", "objective": "0.99", "status_page": "http://$1",
            "probe": "(" + "|".join(map(escaped, FAULTS)) + ")"})
        cls.boards = {board.name: board for board in boards()}

    def readers(self, board):
        """One for each choice of a probe; the overview shows all of them."""
        if board.name == "overview":
            return [self.reader]
        return [self.reader.with_values(probe=name, mailbox=name) for name in FAULTS]

    def values(self, title, letter):
        """What a query of the overview says of each probe."""
        [target] = [target for target in self.boards["overview"].panel(title)["targets"]
                    if target["refId"] == letter]
        return {labels["probe"]: (labels, value)
                for labels, value in self.reader.instant(target["expr"])}

    def test_no_panel_is_empty_and_every_expression_can_be_evaluated(self):
        for board in self.boards.values():
            with self.subTest(board.name):
                self.assertEqual(problems(board, self.readers(board)), [])

    def test_the_top_names_the_bad_routes_since_when_and_where_they_fail(self):
        states = self.values(TOP, "A")
        self.assertEqual({probe: value for probe, (_, value) in states.items()},
                         {probe: state for probe, (state, _) in EXPECTED.items()})
        self.assertEqual({labels["page"] for labels, _ in states.values()}, {f"http://{self.instance}"})
        self.assertEqual({probe: labels["where"] for probe, (labels, _) in self.values(TOP, "C").items()},
                         {probe: where for probe, (_, where) in EXPECTED.items()})
        self.assertEqual({probe: labels["trouble"] for probe, (labels, _) in self.values(TOP, "D").items()},
                         {"unobserved": "auth: mailbox_busy"})
        metrics = self.scene.daemon.metrics()
        for probe, (_, value) in self.values(TOP, "B").items():
            with self.subTest(probe):
                then = metrics.value("last_delivered_timestamp_seconds", probe=probe)
                self.assertLessEqual(value / 1000, then)
        self.assertEqual(set(self.values(TOP, "B")), {"good", "slow", "altered", "grey"})

    def test_the_tiles_count_what_the_table_shows(self):
        counts = {}
        for target in self.boards["overview"].panel("Probes by state now")["targets"]:
            [(_, counts[target["legendFormat"]])] = self.reader.instant(target["expr"])
        states = [state for state, _ in EXPECTED.values()]
        self.assertEqual(counts, {name: states.count(number) for number, name in enumerate(
            ("in time", "slow", "failed once", "down"))})

    def test_every_mail_is_accounted_for(self):
        [target] = self.boards["overview"].panel("Mails unaccounted for")["targets"]
        self.assertEqual([value for _, value in self.reader.instant(target["expr"])], [0])

    def test_variables_offer_what_is_configured(self):
        for board in self.boards.values():
            offered = {entry["name"]: self.readers(board)[0].options(entry)
                       for entry in board.variables() if entry["type"] == "query"}
            with self.subTest(board.name):
                self.assertEqual(offered["job"], ["mailprobed"])
                self.assertEqual(offered["instance"], [self.instance])
                self.assertEqual(offered["probe"], sorted(FAULTS))
                self.assertEqual(offered["page"], [f"http://{self.instance}"])
        mailbox = self.boards["probe"].variable("mailbox")
        for name in ("good", "lost"):
            self.assertEqual(self.reader.with_values(probe=name).options(mailbox), [name])

    def test_annotations_are_where_things_happened(self):
        [restarts, reloads, refused] = [
            {value for _, values in self.reader.series(entry["expr"]) for value in values}
            for entry in self.boards["overview"].annotations()]
        metrics = self.scene.daemon.metrics()
        loaded = metrics.value("config_last_reload_success_timestamp_seconds")
        self.assertEqual([round(value / 1000) for value in reloads], [round(loaded)])
        self.assertEqual(len(restarts), 1)
        self.assertTrue(all(math.isclose(value / 1000, self.scene.start, abs_tol=30)
                            for value in restarts))
        self.assertEqual(refused, {0, 1})

    def test_every_metric_that_is_named_is_exported_and_the_other_way_round(self):
        self.assertEqual(list(metric_names.problems(self.boards.values(), self.exported)), [])

    def test_a_broken_copy_is_noticed(self):
        for name, board in copies(self.boards.values(), "live"):
            with self.subTest(name):
                self.assertNotEqual(problems(board, self.readers(board)), [])

    def test_a_wrong_name_of_a_metric_is_noticed(self):
        whole = dict(self.boards)
        for name, board in copies(whole.values(), "metrics"):
            with self.subTest(name):
                broken = {**whole, board.name: board}.values()
                self.assertNotEqual(list(metric_names.problems(broken, self.exported)), [])
        for name, known, rules, unused in (
                ("nobody uses it", {**self.exported, "mailprobed_new_total": "counter"}, None, None),
                ("a rule names another", self.exported, ([("a.yml", "mailprobed_probe_upp")], set()), None),
                ("a rule names a summary itself", self.exported,
                 ([("a.yml", "mailprobed_delivery_seconds")], set()), None),
                ("a rule is not recorded", self.exported, ([("a.yml", "probe:mailprobed_x:y")], set()), None),
                ("the list has no reason", self.exported, None,
                 {"process_virtual_memory_bytes": "", "process_threads": "for a good reason"}),
                ("the list names a used one", self.exported, None,
                 {"process_virtual_memory_bytes": "for a good reason", "mailprobed_probe_up": "for fun only",
                  "process_threads": "for a good reason"})):
            with self.subTest(name):
                self.assertNotEqual(
                    list(metric_names.problems(whole.values(), known, rules, unused)), [])


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    Live.programs = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
