# SPDX-License-Identifier: Apache-2.0
"""Holds what the daemon claims against what the server's log says; shares no code with either."""
import base64
import json
import math


def mail_id(tag):
    """The mail's number in a tag: bytes 10 to 17 of 37, in base32."""
    raw = base64.b32decode(tag.upper() + "=" * (-len(tag) % 8))
    return int.from_bytes(raw[10:18], "big")


def visible_instants(log):
    """By mail: when it could be seen for the first time, boot clock, ns."""
    result = {}
    with open(log, encoding="ascii") as lines:
        for line in lines:
            event = json.loads(line)
            if event["kind"] == "visible":
                mail = event["mail"]
                number = mail_id(mail["tag"])
                result[number] = min(result.get(number, math.inf), mail["visible_ns"])
    return result


def quantile(values, q):
    ordered = sorted(values)
    return ordered[max(math.ceil(q * len(ordered)), 1) - 1] if ordered else 0


def compare(log, observed):
    visible = visible_instants(log)
    mails = inside = 0
    verdicts, width, error, excess = {}, [], [], []
    with open(observed, encoding="ascii") as lines:
        for line in lines:
            number, lower, upper, planned_gap, verdict = line.split()
            mails += 1
            verdicts[verdict] = verdicts.get(verdict, 0) + 1
            true = visible.get(int(number, 16))
            if verdict != "delivered" or true is None:
                continue
            lower, upper = int(lower), int(upper)
            inside += lower <= true <= upper
            width.append((upper - lower) / 1e9)
            excess.append((upper - lower - int(planned_gap)) / 1e9)
            error.append((upper - true) / 1e9)
    return {"mails": mails, "verdicts": verdicts, "inside": inside,
            "uncertainty_p50": quantile(width, 0.5), "uncertainty_p99": quantile(width, 0.99),
            "error_p99": quantile(error, 0.99), "excess_p50": quantile(excess, 0.5),
            "excess_p99": quantile(excess, 0.99), "excess_max": max(excess, default=0)}
