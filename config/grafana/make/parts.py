# SPDX-License-Identifier: Apache-2.0
"""What the panels of the boards are made of, in the classic model that Grafana 9 to 11 import."""
import json
import re

SOURCE = {"type": "prometheus", "uid": "${datasource}"}
GRAY = "#8e8e8e"


class Board:
    """A dashboard in the making: panels are put side by side until a line of 24 columns is full."""

    def __init__(self):
        self.panels = []
        self._x = self._y = self._height = 0

    def _next_line(self):
        self._x, self._y, self._height = 0, self._y + self._height, 0

    def row(self, title):
        """A heading."""
        if self._x:
            self._next_line()
        self.panels.append({
            "id": len(self.panels) + 1, "type": "row", "title": title, "collapsed": False,
            "gridPos": {"h": 1, "w": 24, "x": 0, "y": self._y}, "panels": []})
        self._y += 1

    def add(self, size, title, description, targets, kind, overrides=(), **more):
        """A panel of `size` (width, height); `kind` is what one of the functions below returns."""
        name, options, defaults = kind
        width, height = size
        if self._x + width > 24:
            self._next_line()
        defaults.setdefault("color", {"mode": "palette-classic"})
        defaults.setdefault("thresholds", steps(("green", None)))
        self.panels.append({
            "id": len(self.panels) + 1, "type": name, "title": title, "description": description,
            "gridPos": {"h": height, "w": width, "x": self._x, "y": self._y},
            "datasource": SOURCE, **more,
            "targets": [{"refId": ref, "datasource": SOURCE, **target}
                        for ref, target in zip("ABCDEFGHIJKLMN", targets)],
            "options": options,
            "fieldConfig": {"defaults": defaults, "overrides": list(overrides)}})
        self._x += width
        self._height = max(self._height, height)


# Queries.

def over_time(expression, legend, **more):
    """A query for a graph."""
    return {"expr": re.sub(r"\s+", " ", expression).strip(), "legendFormat": legend, "range": True,
            "instant": False, **more}


def now(expression, legend):
    """A query for the value at the end of the time shown."""
    return {**over_time(expression, legend), "range": False, "instant": True}


def rows(expression):
    """A query for a table. It has to be an aggregation: the name of a metric would be a column of its
    own, and rows that differ in it are not merged."""
    return {**now(expression, "__auto"), "format": "table"}


# Kinds of panels: (type, options, defaults of the fields).

def graph(unit, stacked=False, bars=False, log=False, stairs=False, line_at=None, legend=(),
          points="auto", **more):
    """A graph; `line_at` draws the panel's thresholds, `legend` names what the legend computes."""
    custom = {"drawStyle": "bars" if bars else "line", "lineWidth": 1,
              "lineInterpolation": "stepAfter" if stairs else "linear",
              "fillOpacity": 60 if bars else 30 if stacked else 5,
              "showPoints": points, "spanNulls": False,
              "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
              "scaleDistribution": {"type": "log", "log": 10} if log else {"type": "linear"}}
    if line_at is not None:
        custom["thresholdsStyle"] = {"mode": "dashed"}
        more["thresholds"] = steps(("green", None), ("red", line_at))
    options = {"legend": {"showLegend": True, "displayMode": "table" if legend else "list",
                          "placement": "bottom", "calcs": list(legend)},
               "tooltip": {"mode": "multi", "sort": "desc"}}
    return "timeseries", options, {"unit": unit, "custom": custom, **more}


def counts(stacked=True, **more):
    """A graph of how many within the window."""
    return graph("short", bars=True, stacked=stacked, decimals=0, min=0, **more)


def timeline(mappings, thresholds, **more):
    """Bars of states over time."""
    options = {"mergeValues": True, "showValue": "auto", "alignValue": "left", "rowHeight": 0.85,
               "legend": {"showLegend": True, "displayMode": "list", "placement": "bottom",
                          "calcs": []},
               "tooltip": {"mode": "single", "sort": "none"}}
    return "state-timeline", options, {
        "unit": "none", "custom": {"fillOpacity": 80, "lineWidth": 0}, "mappings": mappings,
        "color": {"mode": "thresholds"}, "thresholds": thresholds, **more}


def _last():
    return {"calcs": ["lastNotNull"], "fields": "", "values": False}


def stat(unit, text="value_and_name", color="value", **more):
    """Numbers to be read from afar."""
    options = {"colorMode": color, "graphMode": "none", "justifyMode": "auto", "textMode": text,
               "wideLayout": True, "showPercentChange": False,
               "percentChangeColorMode": "standard", "orientation": "vertical",
               "reduceOptions": _last()}
    return "stat", options, {"unit": unit, "color": {"mode": "thresholds"}, **more}


def bars(unit, **more):
    """A horizontal bar for each series."""
    options = {"displayMode": "basic", "orientation": "horizontal", "valueMode": "color",
               "namePlacement": "auto", "showUnfilled": True, "sizing": "auto",
               "minVizHeight": 16, "minVizWidth": 8, "maxVizHeight": 300,
               "legend": {"showLegend": False, "displayMode": "list", "placement": "bottom",
                          "calcs": []},
               "reduceOptions": _last()}
    return "bargauge", options, {"unit": unit, "color": {"mode": "thresholds"}, **more}


def heatmap(unit):
    """The buckets of a histogram over time."""
    options = {"calculate": False, "cellGap": 1, "showValue": "never",
               "cellValues": {"unit": "none", "decimals": 0},
               "color": {"mode": "scheme", "scheme": "Oranges", "fill": "dark-orange",
                         "exponent": 0.5, "scale": "exponential", "steps": 64, "reverse": False},
               "exemplars": {"color": "rgba(255,0,255,0.7)"}, "filterValues": {"le": 0.000001},
               "legend": {"show": True}, "rowsFrame": {"layout": "auto"},
               "tooltip": {"mode": "single", "yHistogram": False, "showColorScale": False},
               "yAxis": {"axisPlacement": "left", "reverse": False, "unit": unit}}
    custom = {"hideFrom": {"legend": False, "tooltip": False, "viz": False},
              "scaleDistribution": {"type": "linear"}}
    return "heatmap", options, {"unit": unit, "custom": custom}


def table(sort_by=None, descending=False, **more):
    """A table."""
    options = {"showHeader": True, "frameIndex": 0, "cellHeight": "sm",
               "footer": {"show": False, "reducer": ["sum"], "fields": [], "countRows": False}}
    if sort_by:
        options["sortBy"] = [{"displayName": sort_by, "desc": descending}]
    custom = {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False}
    return "table", options, {"unit": "none", "custom": custom, **more}


def merged(hidden, columns):
    """Makes one table of several queries; `columns` are name and title in their order."""
    return [{"id": "merge", "options": {}},
            {"id": "organize", "options": {
                "excludeByName": {name: True for name in ["Time", "job", *hidden]},
                "indexByName": {name: place for place, name in enumerate(columns)},
                "renameByName": columns}}]


# Fields.

def steps(*pairs):
    """Thresholds as (colour, from)."""
    return {"mode": "absolute", "steps": [{"color": color, "value": value} for color, value in pairs]}


def fixed(color):
    """One colour whatever the value."""
    return {"mode": "fixed", "fixedColor": color}


def words(**texts):
    """Mappings of values to texts: `_0=("no", "red")` is 0, `_m1` is -1, others are themselves."""
    found = {}
    for index, (name, (text, color)) in enumerate(texts.items()):
        key = name.removeprefix("_").replace("m1", "-1") if name.startswith("_") else name
        found[key] = {"text": text, "index": index, **({"color": color} if color else {})}
    return [{"type": "value", "options": found}]


def field(name, **properties):
    """Changes the field of that name; `custom__width` is `custom.width`."""
    return {"matcher": {"id": "byName", "options": name},
            "properties": [{"id": key.replace("__", "."), "value": value}
                           for key, value in properties.items()]}


def limit(name, color):
    """Draws a configured limit as a dashed line."""
    return field(name, color=fixed(color), custom__lineStyle={"fill": "dash", "dash": [10, 10]},
                 custom__lineWidth=1, custom__fillOpacity=0, custom__showPoints="never",
                 custom__stacking={"mode": "none", "group": "A"})


# The rest of a dashboard.

def query_variable(name, label, query, description, several=True, regex="", hide=0):
    """A variable whose values Prometheus knows."""
    current = ({"selected": True, "text": ["All"], "value": ["$__all"]} if several else
               {"selected": False, "text": "", "value": ""})
    return {"name": name, "label": label, "type": "query", "description": description,
            "datasource": SOURCE, "query": {"query": query, "refId": f"Variable-{name}"},
            "definition": query, "regex": regex, "refresh": 2, "sort": 1, "hide": hide,
            "multi": several, "includeAll": several, "current": current, "options": []}


def choice(name, label, kind, values, current, description):
    """A variable with given values."""
    more = {"refresh": 2} if kind == "interval" else {"multi": False, "includeAll": False}
    return {"name": name, "label": label, "type": kind, "description": description,
            "query": ",".join(values), "hide": 0, **more,
            "current": {"selected": True, "text": current, "value": current},
            "options": [{"selected": value == current, "text": value, "value": value}
                        for value in values]}


def text_variable(name, label, value, description):
    """A variable that a person types."""
    chosen = {"selected": True, "text": value, "value": value}
    return {"name": name, "label": label, "type": "textbox", "description": description,
            "query": value, "hide": 0, "current": chosen, "options": [chosen]}


def annotation(name, color, expression, title, value_is_time):
    """Events that Prometheus knows; newer versions of Grafana read `target`, older ones `expr`."""
    return {"name": name, "datasource": SOURCE, "enable": True, "hide": False, "iconColor": color,
            "expr": expression, "target": {"expr": expression, "refId": "Anno"}, "step": "",
            "titleFormat": title, "textFormat": "{{instance}}", "tagKeys": "instance",
            "useValueForTime": value_is_time}


def link(title, url, tooltip, board=True):
    """A link above the panels: to another board, or out of Grafana."""
    return {"title": title, "type": "link", "url": url, "tooltip": tooltip,
            "icon": "dashboard" if board else "external link", "tags": [], "asDropdown": False,
            "targetBlank": not board, "keepTime": board, "includeVars": False}


def written(value, indent=0, lead=0):
    """JSON with what is short on one line."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + indent + lead <= 120 or not isinstance(value, (dict, list)) or not value:
        return flat
    pad = "\n" + " " * (indent + 2)
    if isinstance(value, dict):
        parts = [f"{json.dumps(key)}: {written(part, indent + 2, len(key) + 4)}"
                 for key, part in value.items()]
    else:
        parts = [written(part, indent + 2) for part in value]
    first, last = "{}" if isinstance(value, dict) else "[]"
    return first + pad + ("," + pad).join(parts) + "\n" + " " * indent + last
