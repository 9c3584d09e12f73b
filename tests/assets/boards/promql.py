# SPDX-License-Identifier: Apache-2.0
"""As much of PromQL's grammar as rules about names need; whether an expression is valid is asked of
Prometheus itself."""
import re

# A metric with its matchers, maybe with a range; these boards always write the braces.
_SELECTOR = re.compile(r"(?P<name>[a-z_:][a-z0-9_:]*)\{(?P<matchers>(?:[^{}\"]|\"(?:[^\"\\]|\\.)*\")*)\}"
                       r"(?:\[(?P<range>[^\]]*)\])?")
_MATCHER = re.compile(r"([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*\"((?:[^\"\\]|\\.)*)\"")
_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"")
_FUNCTION = re.compile(r"([a-z_]+)\s*$")
_METRIC = re.compile(r"\b(?:mailprobed[_:][a-z0-9_:]*|process_[a-z0-9_]+|up)\b(?!\s*\()")


class Selector:
    """A metric in an expression."""

    def __init__(self, expression, found):
        self.name, self.range = found["name"], found["range"]
        self.matchers = {(label, how, value) for label, how, value in _MATCHER.findall(found["matchers"])}
        before = expression[:found.start()].rstrip()
        # The functions around it, the nearest first.
        self.functions = list(_around(before))

    @property
    def function(self):
        """What is done to it at once; None if nothing is."""
        return self.functions[0] if self.functions else None


def _around(before):
    depth = 0
    for at in range(len(before) - 1, -1, -1):
        if before[at] == ")":
            depth += 1
        elif before[at] == "(" and depth:
            depth -= 1
        elif before[at] == "(":
            name = _FUNCTION.search(before[:at])
            yield name[1] if name else None


def selectors(expression):
    """All selectors of an expression."""
    return [Selector(expression, found) for found in _SELECTOR.finditer(expression)]


def names(expression):
    """The metrics that an expression names, with or without matchers."""
    return set(_METRIC.findall(_STRING.sub('""', expression)))
