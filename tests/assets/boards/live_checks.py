# SPDX-License-Identifier: Apache-2.0
"""What a board must do with a Prometheus that has seen everything: each check returns what is wrong."""
import re

from boards import asked
from grafana import Refused, columns, legend


def drawn(board, readers):
    """What each query draws, over all readers: {(panel id, letter): [(labels, values)...]}, and what
    Prometheus refuses to evaluate."""
    found, refused = {}, []
    for panel, target in board.targets():
        lines = found.setdefault((panel["id"], target["refId"]), [])
        for reader in readers:
            try:
                lines += reader.run(target)
            except Refused as error:
                refused.append(f"{board.place(panel, target)}: {error}")
                break
    return found, refused


def empty_panels(board, found):
    """No panel without a query, no query without a series that has a value."""
    for panel in board.panels():
        if not panel.get("targets"):
            yield f"{board.place(panel)}: asks nothing"
    for panel, target in board.targets():
        if not found[panel["id"], target["refId"]]:
            yield f"{board.place(panel, target)}: draws nothing"


def legends(board, found):
    """The labels by which series are told apart are there."""
    for panel, target in board.targets():
        for name in re.findall(r"{{(\w+)}}", target["legendFormat"]):
            if any(not labels.get(name) for labels, _ in found[panel["id"], target["refId"]]):
                yield f"{board.place(panel, target)}: a series without {name!r}"


def _names_of(panel, found):
    lines = {target["refId"]: [labels for labels, _ in found[panel["id"], target["refId"]]]
             for target in panel["targets"]}
    if panel["type"] == "table":
        return columns(panel, lines.values())
    return {legend(target, labels): None for target in panel["targets"]
            for labels in lines[target["refId"]]}


def overrides(board, found):
    """Overrides change fields that are there."""
    for panel in board.panels():
        names = _names_of(panel, found)
        known = set(names.values()) if panel["type"] == "table" else set(names)
        for override in panel["fieldConfig"]["overrides"]:
            if override["matcher"]["options"] not in known:
                yield (f"{board.place(panel)}: an override of {override['matcher']['options']!r}, "
                       f"but there is only {sorted(known)}")


def tables(board, found):
    """Tables name columns that are there, and nothing keeps the rows of one thing apart: what the queries
    do not share differs in nobody's name."""
    for panel in board.panels():
        steps = {step["id"]: step["options"] for step in panel.get("transformations", ())}
        if "organize" not in steps:
            continue
        lines = [[labels for labels, _ in found[panel["id"], target["refId"]]]
                 for target in panel["targets"]]
        there = set(columns({**panel, "transformations": []}, lines))
        for name in {*steps["organize"]["excludeByName"], *steps["organize"]["renameByName"]} - there:
            yield f"{board.place(panel)}: there is no column {name!r}, but {sorted(there)}"
        own = [set().union(*query) for query in lines]
        for name in set().union(*own):
            if 1 < sum(name in labels for labels in own) < len(own):
                yield f"{board.place(panel)}: only some queries have {name!r}, rows cannot be merged"


def variables(board, reader):
    """Every variable offers something."""
    for entry in board.variables():
        if entry["type"] != "query":
            continue
        try:
            if not reader.options(entry):
                yield f"{board.name}: variable {entry['name']} offers nothing"
        except Refused as error:
            yield f"{board.name}: variable {entry['name']} ({asked(entry)[1]}): {error}"


def annotations(board, reader):
    """Every annotation has an event."""
    for entry in board.annotations():
        for expression in (entry["expr"], entry["target"]["expr"]):
            try:
                if not any(value > 0 for _, values in reader.series(expression) for value in values):
                    yield f"{board.name}: annotation {entry['name']!r} has no event"
            except Refused as error:
                yield f"{board.name}: annotation {entry['name']!r}: {error}"


def problems(board, readers):
    """Everything that is wrong with a board; one reader for each choice of variables."""
    found, refused = drawn(board, readers)
    wrong = refused + list(empty_panels(board, found))
    if not wrong:
        wrong += [*legends(board, found), *overrides(board, found), *tables(board, found)]
    return wrong + list(variables(board, readers[0])) + list(annotations(board, readers[0]))
