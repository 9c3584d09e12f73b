# SPDX-License-Identifier: Apache-2.0
"""Grafana's part: fills in variables, asks Prometheus what each panel, annotation and variable asks, and
names what comes back as Grafana does. Documented behaviour only; Grafana itself takes no part."""
import json
import math
import re
import urllib.error
import urllib.parse
import urllib.request

from boards import asked

_VARIABLE = re.compile(r"\$\{(\w+)(?::\w+)?\}|\$(\w+)")
_LEGEND = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class Refused(Exception):
    """Prometheus cannot evaluate an expression; the text says why."""


class Grafana:
    """A reader of boards: `values` are the variables, [start, end] the time shown, in seconds."""

    def __init__(self, url, start, end, values, step=1):
        self._url, self._start, self._end, self._step = url, start, end, step
        self.values = {"__rate_interval": "4s", "__interval": "1s",
                       "__range": f"{math.ceil(end - start)}s", **values}

    def with_values(self, **values):
        """The same with other variables."""
        return Grafana(self._url, self._start, self._end, {**self.values, **values}, self._step)

    def fill(self, text):
        """Replaces what is a variable; `$1`, which no variable is called, stays."""
        def value(found):
            return self.values.get(found[1] or found[2], found[0])
        return _VARIABLE.sub(value, text)

    def _ask(self, path, **parameters):
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(f"{self._url}/api/v1/{path}?{query}", timeout=20) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise Refused(json.load(error).get("error", str(error))) from None

    def instant(self, expression):
        """The values at the end, as (labels, value)."""
        found = self._ask("query", query=self.fill(expression), time=self._end)["result"]
        return [(sample["metric"], float(sample["value"][1])) for sample in found]

    def series(self, expression):
        """The values over time, as (labels, values)."""
        found = self._ask("query_range", query=self.fill(expression), start=self._start,
                          end=self._end, step=self._step)["result"]
        return [(line["metric"], [float(value) for _, value in line["values"]]) for line in found]

    def run(self, target):
        """What a panel's query draws: its series that have a number, as (labels, values)."""
        if target.get("instant"):
            drawn = [(labels, [value]) for labels, value in self.instant(target["expr"])]
        else:
            drawn = self.series(target["expr"])
        return [(labels, values) for labels, values in drawn
                if any(not math.isnan(value) for value in values)]

    def options(self, variable):
        """What a variable of type query offers."""
        function, expression, label = asked(variable)
        if function == "label_values":
            lines = self._ask(f"label/{label}/values", start=self._start, end=self._end,
                              **{"match[]": self.fill(expression)})
            if not variable["regex"]:
                return lines
        else:
            lines = self._results(expression)
        pattern = re.compile(variable["regex"].strip("/"))
        return sorted({found[1] for found in map(pattern.search, lines) if found})

    def _results(self, expression):
        return ["%s{%s} %s" % (labels.get("__name__", ""), ",".join(
            f'{name}="{text}"' for name, text in labels.items() if name != "__name__"), value)
            for labels, value in self.instant(expression)]


def legend(target, labels):
    """The name of a series."""
    return _LEGEND.sub(lambda found: labels.get(found[1], ""), target["legendFormat"])


def columns(panel, drawn):
    """The columns of a table and what they are called at last: `drawn` are the labels of each query."""
    found = {"Time": "Time"}
    for target, lines in zip(panel["targets"], drawn):
        found[f"Value #{target['refId']}"] = f"Value #{target['refId']}"
        for labels in lines:
            found.update({name: name for name in labels})
    for step in panel.get("transformations", ()):
        if step["id"] == "organize":
            for name in step["options"]["excludeByName"]:
                found.pop(name, None)
            found.update({name: new for name, new in step["options"]["renameByName"].items()
                          if name in found})
    return found
