# SPDX-License-Identifier: Apache-2.0
"""The rules of grafana/dashboard-linter, said again for these boards under the same names, and some of our
own. Each takes a board and returns what is wrong with it.

Not taken over, and why:
- template-job-rule and template-instance-rule want `.+` for All. That would be every job of the
  Prometheus, and `up` and `process_*` are not mailprobed's alone: All is the list of what was found.
- target-job-rule and target-instance-rule are kept, but for expressions without any metric (`vector(0)`).
- target-logql-rule, target-logql-auto-rule: there is no Loki.
- target-required-matchers-rule, template-required-variables-rule and template-variable-matchers-rule:
  they only do what a user of the linter configures.
- element-reference-rule: for the second version of the model of dashboards.
- dashboard-refresh-interval, dashboard-time-interval: how often to look is for who looks."""
import json
import re
import subprocess
import tempfile

from boards import asked
from promql import names, selectors

SOURCE = {"type": "prometheus", "uid": "${datasource}"}
# The linter's list, as far as anything here is counted or measured in them.
UNITS = {"none", "short", "percent", "percentunit", "s", "ms", "bytes", "decbytes", "dateTimeAsIso",
         "dateTimeFromNow", "dtdurations", "bool", "ops"}
WITH_UNITS = {"stat", "table", "timeseries", "gauge", "bargauge", "heatmap", "state-timeline"}
# Counters that are meant as what they are since the start of the daemon.
SINCE_THE_START = {
    "Mails unaccounted for": "compares the counters themselves",
    "Which route is bad, since when, at which stage": "where the window holds no failure of a bad route",
    "Fails mostly at": "where the window holds no failure of a bad route",
}
VARIABLE_RANGES = {"$window", "$__range", "$__rate_interval"}
PAGES = ("${page}", "${__data.fields.page}", "/d/mailprobed-overview", "/d/mailprobed-probe")


def template_datasource(board):
    """A variable chooses the source of data."""
    found = [entry for entry in board.variables() if entry["type"] == "datasource"]
    if [(entry["name"], entry["label"], entry["query"]) for entry in found] != [
            ("datasource", "Data source", "prometheus")]:
        yield f"{board.name}: there is no variable of type datasource as the linter wants it"


def template_job_and_instance(board):
    """Jobs and instances can be chosen."""
    for name in ("job", "instance"):
        entry = board.variable(name)
        if not entry:
            yield f"{board.name}: no variable {name}"
        elif (entry["type"], entry["label"], entry["multi"], entry["datasource"]) != (
                "query", name.title(), True, SOURCE):
            yield f"{board.name}: variable {name} is not as the linter wants it"


def template_label_promql(board):
    """Variables ask with functions that Grafana knows."""
    for entry in board.variables():
        if entry["type"] == "query" and asked(entry)[0] not in ("label_values", "query_result"):
            yield f"{board.name}: variable {entry['name']} asks {asked(entry)[0]!r}"


def template_on_time_change_reload(board):
    """What can be chosen follows the time shown."""
    for entry in board.variables():
        if entry["type"] == "query" and entry["refresh"] != 2:
            yield f"{board.name}: variable {entry['name']} is not asked again when the time changes"


def panel_datasource(board):
    """All ask the source that was chosen."""
    for panel in board.panels():
        if panel.get("datasource") != SOURCE:
            yield f"{board.place(panel)}: its data source is not the variable"
    for panel, target in board.targets():
        if target.get("datasource") != SOURCE:
            yield f"{board.place(panel, target)}: its data source is not the variable"
    for entry in [*board.annotations(), *(v for v in board.variables() if v["type"] == "query")]:
        if entry.get("datasource") != SOURCE:
            yield f"{board.name}, {entry['name']}: its data source is not the variable"


def panel_title_description(board):
    """Every panel says what it is and what it means."""
    for panel in board.panels():
        if not panel.get("title") or len(panel.get("description") or "") < 20:
            yield f"{board.place(panel)}: no title, or no description to speak of"


def panel_units(board):
    """Every number has a unit."""
    for panel in board.panels():
        fields = panel["fieldConfig"]
        units = [fields["defaults"].get("unit")] + [
            change["value"] for override in fields["overrides"] for change in override["properties"]
            if change["id"] == "unit"]
        wrong = [unit for unit in units if unit not in UNITS]
        if panel["type"] in WITH_UNITS and wrong:
            yield f"{board.place(panel)}: {wrong[0]!r} is no unit"


def panel_no_targets(board):
    """Every panel asks something."""
    for panel in board.panels():
        if not panel.get("targets"):
            yield f"{board.place(panel)}: it asks nothing"


def target_promql(board):
    """Prometheus can parse every expression."""
    found = list(board.expressions())
    rules = [{"record": f"checked:expression_{number}", "expr": plain(expression)}
             for number, (_, expression) in enumerate(found)]
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        json.dump({"groups": [{"name": "boards", "rules": rules}]}, file)
        file.flush()
        said = subprocess.run(["promtool", "check", "rules", "--lint=none", file.name], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    wrong = {int(number): line.partition("could not parse expression: ")[2]
             for line in said.stdout.splitlines()
             for number in re.findall(r"checked:expression_(\d+)", line)}
    for number, why in wrong.items():
        yield f"{found[number][0]}: not valid: {why}"
    if said.returncode and not wrong:
        yield f"{board.name}: promtool says: {said.stdout}"


def plain(expression):
    """An expression with something in the place of each variable."""
    ranges = re.sub(r"\[\$\w+\]", "[5m]", expression)
    return re.sub(r"\$\{?[a-z_]\w*\}?", "1", ranges)


def _selectors(board):
    for panel, target in board.targets():
        for selector in selectors(target["expr"]):
            yield panel, board.place(panel, target), selector


def target_rate_interval(board):
    """rate() looks back as far as Grafana says; everything else as far as a person says, because mail
    comes minutes apart."""
    for _, place, selector in _selectors(board):
        if selector.function in ("rate", "irate") and selector.range != "$__rate_interval":
            yield f"{place}: {selector.function}() of {selector.name} over {selector.range}"
        if selector.range and selector.range not in VARIABLE_RANGES:
            yield f"{place}: {selector.name} over {selector.range}, which nobody can choose"


def target_job_and_instance(board):
    """Every metric is asked of the jobs and instances that were chosen."""
    for place, expression in board.expressions():
        bare = names(expression) - {selector.name for selector in selectors(expression)}
        if bare and "variable" not in place:
            yield f"{place}: {min(bare)} without matchers"
    for _, place, selector in _selectors(board):
        if not {("job", "=~", "$job"), ("instance", "=~", "$instance")} <= selector.matchers:
            yield f"{place}: {selector.name} is not limited to job and instance"


def target_counter_agg(board):
    """Counters are never shown as they are."""
    for panel, place, selector in _selectors(board):
        if (selector.name.endswith("_total") and panel["title"] not in SINCE_THE_START
                and selector.function not in ("rate", "irate", "increase")):
            yield f"{place}: the counter {selector.name} as it is"


def target_histogram(board):
    """Buckets make quantiles or a heatmap."""
    for panel, place, selector in _selectors(board):
        if (selector.name.endswith("_bucket") and panel["type"] != "heatmap"
                and "histogram_quantile" not in selector.functions):
            yield f"{place}: {selector.name} is neither a quantile nor a heatmap"


def uneditable_dashboard(board):
    """What is provisioned cannot be changed by accident."""
    if board.json.get("editable") is not False:
        yield f"{board.name}: editable"


def own_rules(board):
    """Fixed uid; ids, letters of queries and places on the board are each taken once."""
    if not board.json["uid"].startswith("mailprobed-"):
        yield f"{board.name}: its uid is {board.json['uid']!r}"
    everything = board.json["panels"]
    if len({panel["id"] for panel in everything}) != len(everything):
        yield f"{board.name}: an id is there twice"
    taken = {}
    for panel in everything:
        place = panel["gridPos"]
        for cell in ((x, y) for x in range(place["x"], place["x"] + place["w"])
                     for y in range(place["y"], place["y"] + place["h"])):
            if cell[0] >= 24 or cell in taken:
                yield f"{board.place(panel)}: lies over {taken.get(cell, 'the edge')}"
                break
            taken[cell] = panel["title"]
    for panel in board.panels():
        letters = [target["refId"] for target in panel["targets"]]
        if len(set(letters)) != len(letters):
            yield f"{board.place(panel)}: two queries have one letter"


def clock_of_the_daemon(board):
    """Instants of a daemon are compared with its own clock, never with Prometheus's."""
    for place, expression in board.expressions():
        if re.search(r"\btime\(\)", expression):
            yield f"{place}: time() is another machine's clock"


def links(board):
    """The boards lead to each other and to the status page, and nowhere else."""
    urls = [entry["url"] for entry in board.json["links"]]
    urls += [found["url"] for found in _nested(board.json["panels"], "url")]
    for url in urls:
        if not url.startswith(PAGES):
            yield f"{board.name}: a link to {url}"
    for wanted in ({"mailprobed-overview", "mailprobed-probe"} - {board.json["uid"]}) | {"${page}"}:
        if not any(wanted in url for url in urls):
            yield f"{board.name}: no link to {wanted}"


def _nested(value, key):
    for part in value.values() if isinstance(value, dict) else value:
        if isinstance(part, dict) and isinstance(part.get(key), str):
            yield part
        if isinstance(part, (dict, list)):
            yield from _nested(part, key)


RULES = (template_datasource, template_job_and_instance, template_label_promql,
         template_on_time_change_reload, panel_datasource, panel_title_description, panel_units,
         panel_no_targets, target_promql, target_rate_interval, target_job_and_instance,
         target_counter_agg, target_histogram, uneditable_dashboard, own_rules,
         clock_of_the_daemon, links)


def problems(board):
    """Everything that is wrong with a board."""
    return [problem for rule in RULES for problem in rule(board)]
