# SPDX-License-Identifier: Apache-2.0
"""Prometheus' text format, as far as the daemon's values need it."""
import re

_SAMPLE = re.compile(r"^(?P<name>[a-z_]+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$", re.M)
_LABEL = re.compile(r'(\w+)="([^"]*)"')


class Metrics:
    """One scrape."""

    def __init__(self, text):
        self.text = text
        self._values = {}
        for sample in _SAMPLE.finditer(text):
            labels = frozenset(_LABEL.findall(sample["labels"] or ""))
            self._values[sample["name"], labels] = float(sample["value"])

    def value(self, name, **labels):
        """The value of one series; the prefix is added. A series that is not there is an error."""
        return self._values["mailprobed_" + name, frozenset(labels.items())]

    def total(self, name, **labels):
        """The sum over all series of a name with these labels and any others."""
        wanted = set(labels.items())
        return sum(value for (known, all_labels), value in self._values.items()
                   if known == "mailprobed_" + name and wanted <= all_labels)

    def verdicts(self, probe):
        """How many mails of a probe got which verdict, without those that none got."""
        words = ("delivered", "send_failed", "lost", "unobserved")
        counts = {word: self.value("verdicts_total", probe=probe, verdict=word) for word in words}
        return {word: count for word, count in counts.items() if count}

    def failures(self, name, **labels):
        """The (stage, cause) pairs that a counter of failures has counted."""
        wanted = set(labels.items())
        found = set()
        for (known, all_labels), value in self._values.items():
            if known == "mailprobed_" + name and wanted <= all_labels and value:
                pairs = dict(all_labels)
                found.add((pairs["stage"], pairs["cause"]))
        return found
