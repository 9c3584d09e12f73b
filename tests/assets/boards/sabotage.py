# SPDX-License-Identifier: Apache-2.0
"""Boards broken on purpose, each with the checks that must notice."""
import json


def _text(title, old, new):
    """Replaces text everywhere in a panel."""
    def breaks(board):
        panel = board.panel(title)
        whole = json.dumps(panel)
        assert old in whole, (title, old)
        changed = json.loads(whole.replace(old, new))
        panel.clear()
        panel.update(changed)
    return breaks


def _panel(title, change):
    return lambda board: change(board.panel(title))


def _variable(name, **changes):
    return lambda board: board.variable(name).update(changes)


def _annotation(name, old, new):
    def breaks(board):
        [entry] = [entry for entry in board.annotations() if entry["name"] == name]
        assert old in entry["expr"]
        entry["expr"] = entry["expr"].replace(old, new)
        entry["target"]["expr"] = entry["expr"]
    return breaks


def _place_over(board):
    panels = list(board.panels())
    panels[1]["gridPos"] = dict(panels[0]["gridPos"])


def _first(panel):
    return panel["targets"][0]


# (name, board, what breaks it, who must notice)
COPIES = (
    ("a metric is renamed", "overview", _text("Memory", "process_resident", "process_risident"),
     {"live", "metrics"}),
    ("a metric is renamed in one of four queries", "probe",
     _text("Last mail and its uncertainty", "last_uncertainty", "last_uncertainity"),
     {"live", "metrics"}),
    ("a label has a value that never comes", "overview",
     _text("Which route is bad, since when, at which stage", "mailprobed_probe_info{job=~",
           "mailprobed_probe_info{probe=\\\"lots\\\",job=~"), {"live"}),
    ("a label is not there", "probe", _text("Stages over time", "by (stage) (", "by (stagge) ("), {"live"}),
    ("an expression is not closed", "overview", _text("Round trip, p90", "[$window])))", "[$window]))"),
     {"rules", "live"}),
    ("an expression matches many to many", "overview",
     _text("p90 as a share of slo_latency", " / mailprobed", " / on (job) mailprobed"), {"live"}),
    ("a unit is removed", "overview",
     _panel("Memory", lambda panel: panel["fieldConfig"]["defaults"].pop("unit")), {"rules"}),
    ("a unit is none", "probe",
     _panel("Last mail", lambda panel: panel["fieldConfig"]["defaults"].update(unit="secs")), {"rules"}),
    ("a panel is emptied", "overview", _panel("CPU", lambda panel: panel.update(targets=[])),
     {"rules", "live"}),
    ("a query is emptied", "overview", _panel("CPU", lambda panel: _first(panel).update(expr="")),
     {"rules", "live"}),
    ("a description is removed", "probe", _panel("Looks", lambda panel: panel.pop("description")),
     {"rules"}),
    ("a panel asks a fixed data source", "probe",
     _panel("Looks", lambda panel: panel.update(datasource={"type": "prometheus", "uid": "P1809"})),
     {"rules"}),
    ("a query is not limited to the instance", "overview",
     _text("CPU", ',instance=~\\"$instance\\"', ""), {"rules"}),
    ("a rate looks back a fixed time", "overview", _text("CPU", "$__rate_interval", "5m"), {"rules"}),
    ("another clock is asked", "probe",
     _text("Pace", "mailprobed_clock_timestamp_seconds", "0 * time() + mailprobed_clock_timestamp_seconds"),
     {"rules"}),
    ("a counter is shown as it is", "probe", _text("Looks", "increase(", "("), {"rules", "live"}),
    ("buckets are drawn as lines", "probe", _text("Round trip, quantiles", "histogram_quantile(0.5, ", "("),
     {"rules"}),
    ("a variable is asked only once", "overview", _variable("instance", refresh=1), {"rules"}),
    ("a variable has no values", "probe", _variable("mailbox", regex='/mailbox=\'([^"]*)\'/'), {"live"}),
    ("an annotation has no events", "probe", _annotation("Reloads", "+ 15", "+ 1500000"), {"live"}),
    ("an annotation names no metric", "overview",
     _annotation("Restarts", "process_start_time", "process_started_at_time"), {"live", "metrics"}),
    ("the board can be edited", "probe", lambda board: board.json.update(editable=True), {"rules"}),
    ("a panel lies over another", "overview", _place_over, {"rules"}),
    ("a link loses its board", "overview",
     lambda board: board.json.update(json.loads(
         json.dumps(board.json).replace("/d/mailprobed-probe", "/d/mailprobed"))), {"rules"}),
    ("an override names nothing", "probe",
     _text("Last mail and its uncertainty", '"options": "at most"', '"options": "at moist"'), {"live"}),
    ("a table names a column that is not there", "overview",
     _text("Connections and their certificates", '"cipher": "Cipher"', '"cypher": "Cipher"'), {"live"}),
    ("a table's rows cannot be merged", "overview",
     _text("Which route is bad, since when, at which stage", "max by (job, instance, probe) (mailprobed",
           "(mailprobed"), {"live"}),
    ("an option is misspelt", "overview",
     _panel("State of each route over time", lambda panel: panel["options"].update(mergeValue=True)), {"schema"}),
    ("an option has a value that is none", "probe",
     _panel("Round trips", lambda panel: panel["options"].update(showValue="sometimes")), {"schema"}),
    ("a custom field is misspelt", "probe",
     _panel("Looks", lambda panel: panel["fieldConfig"]["defaults"]["custom"].update(fillOpaqueness=1)),
     {"schema"}),
    ("an override changes nothing that there is", "probe",
     _text("Last mail and its uncertainty", "custom.fillBelowTo", "custom.fillBelow"), {"schema"}),
    ("a query has a format that is none", "overview", _text("Daemons", '"format": "table"', '"format": "tabular"'),
     {"schema"}),
    ("a number is a text", "overview", lambda board: board.json.update(schemaVersion="38"), {"schema"}),
    ("a panel is of a kind that is none", "overview", _panel("CPU", lambda panel: panel.update(type="graph")),
     {"schema"}),
)


def copies(boards, check):
    """The broken boards that one check has to notice, as (name, board)."""
    whole = {board.name: board for board in boards}
    for name, board, breaks, noticed in COPIES:
        if check in noticed:
            broken = whole[board].copy()
            breaks(broken)
            yield name, broken
