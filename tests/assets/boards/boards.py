# SPDX-License-Identifier: Apache-2.0
"""The dashboards as data: their panels, queries, annotations and variables, each with a name by which a
person finds it."""
import copy
import json
import pathlib

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "config" / "grafana"


class Board:
    """One dashboard; `json` may be changed, as the broken copies do."""

    def __init__(self, name, text):
        self.name, self.json = name, json.loads(text)

    def copy(self):
        """Another one, to be broken."""
        other = copy.copy(self)
        other.json = copy.deepcopy(self.json)
        return other

    def panels(self):
        """All panels that show something: rows are left out, their panels are not."""
        for panel in self.json["panels"]:
            if panel["type"] == "row":
                yield from panel["panels"]
            else:
                yield panel

    def panel(self, title):
        """The panel of that title."""
        [found] = [panel for panel in self.panels() if panel["title"] == title]
        return found

    def variables(self):
        """All variables."""
        return self.json["templating"]["list"]

    def variable(self, name):
        """The variable of that name, None if there is none."""
        return next((entry for entry in self.variables() if entry["name"] == name), None)

    def targets(self):
        """All queries of panels, as (panel, target)."""
        for panel in self.panels():
            for target in panel.get("targets", ()):
                yield panel, target

    def annotations(self):
        """The annotations that ask Prometheus."""
        return [entry for entry in self.json["annotations"]["list"] if not entry.get("builtIn")]

    def expressions(self):
        """Every expression that Prometheus is to evaluate, as (where, expression)."""
        for panel, target in self.targets():
            yield self.place(panel, target), target["expr"]
        for annotation in self.annotations():
            yield f"{self.name}, annotation {annotation['name']!r}", annotation["expr"]
            yield f"{self.name}, annotation {annotation['name']!r}", annotation["target"]["expr"]
        for variable in self.variables():
            if variable["type"] == "query":
                yield f"{self.name}, variable {variable['name']}", asked(variable)[1]

    def place(self, panel, target=None):
        """What a person calls a panel or one of its queries."""
        query = f", query {target['refId']}" if target else ""
        return f"{self.name}, panel {panel.get('title')!r}{query}"


def asked(variable):
    """What a variable asks: (function, selector or expression, label or None)."""
    function, _, rest = variable["query"]["query"].partition("(")
    inside = rest.strip().removesuffix(")")
    if function != "label_values":
        return function, inside, None
    selector, _, label = inside.rpartition(",")
    return function, selector.strip(), label.strip()


def boards():
    """The dashboards of the tree."""
    return [Board(file.stem, file.read_text()) for file in sorted(FOLDER.glob("*.json"))]
