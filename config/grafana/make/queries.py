# SPDX-License-Identifier: Apache-2.0
"""Expressions that both boards use, and the variables, annotations and links of both."""
from parts import (GRAY, annotation, choice, query_variable, steps, text_variable, words)

OURS = 'job=~"$job",instance=~"$instance"'
PER_PROBE = "job, instance, probe"
WINDOW = "$window"

STATE_WORDS = ("In time: the last mail came within slo_latency. Slow: it came later. Failed once: it was not "
               "delivered. Down: two or more in a row were not, or nothing was delivered for the deadline and "
               "three intervals.")
STATES = words(_m1=("no verdict yet", GRAY), _0=("in time", "green"), _1=("slow", "yellow"),
               _2=("failed once", "orange"), _3=("down", "red"))
STATE_STEPS = steps((GRAY, None), ("green", 0), ("yellow", 1), ("orange", 2), ("red", 3))
SHARE_STEPS = steps(("green", None), ("orange", 0.8), ("red", 1))
YES_NO = words(_0=("no", None), _1=("yes", None))
VERDICT_COLORS = {"delivered": "green", "send_failed": "orange", "lost": "red", "bounced": "purple",
                  "unobserved": GRAY}

CLOCK = f"mailprobed_clock_timestamp_seconds{{{OURS}}}"

# What stands in `where` when sending did not fail.
WHERE = {"lost": "lost after acceptance", "bounced": "bounced after acceptance",
         "unobserved": "mailbox could not be read", "-": "nothing failed"}


def since(instants):
    """Seconds since the instants, by the clock of the daemon that tells them: Prometheus's may differ."""
    return f"{CLOCK} - on (job, instance) group_right () ({instants} > 0)"


def until(instants):
    """Seconds until the instants, by the same clock."""
    return f"({instants} > 0) - on (job, instance) group_left () {CLOCK}"


def state(of):
    """-1 no verdict yet, 0 in time, 1 slow, 2 failed once, 3 down (STATE_WORDS)."""
    return f"""
        clamp_max(
          clamp_max(mailprobed_bad_streak{{{of}}}, 2) + (mailprobed_bad_streak{{{of}}} > bool 0)
          + (mailprobed_bad_streak{{{of}}} == bool 0)
            * (mailprobed_last_round_trip_seconds{{{of}}} > bool mailprobed_slo_latency_seconds{{{of}}})
          + 3 * (mailprobed_last_delivered_timestamp_seconds{{{of}}} > bool 0)
            * (mailprobed_last_delivered_timestamp_seconds{{{of}}} + mailprobed_deadline_seconds{{{of}}}
               + 3 * mailprobed_interval_seconds{{{of}}} < bool on (job, instance) group_left () {CLOCK}),
          3) and mailprobed_last_verdict_timestamp_seconds{{{of}}} > 0
        or mailprobed_last_verdict_timestamp_seconds{{{of}}} - 1 == -1"""


def where(of):
    """One series for each probe, whose label `where` says at which stage and why most mails failed within
    the window, or what became of accepted ones. A route that is bad although the window has no failure
    (its account rests for hours after a refused login) has what failed since the daemon's start."""
    def failed(metric, matchers):
        return f"""increase({metric}{{{matchers}}}[{WINDOW}]) > 0 or {metric}{{{matchers}}} / 1e6 > 0
            and on ({PER_PROBE}) mailprobed_bad_streak{{{of}}} > 0"""
    verdicts = failed("mailprobed_verdicts_total", of + ',verdict!~"delivered|send_failed"')
    return f"""topk by ({PER_PROBE}) (1, sum by ({PER_PROBE}, where) (
        label_join({failed("mailprobed_send_failures_total", of)}, "where", ": ", "stage", "cause")
        or label_replace({verdicts}, "where", "$1", "verdict", "(.+)")
        or label_replace(0 * mailprobed_probe_up{{{of}}}, "where", "-", "probe", ".*")))"""


def increase(metric, of, by):
    """How many within the window."""
    return f"sum by ({by}) (increase({metric}{{{of}}}[{WINDOW}]))"


def mean(summary, of, by):
    """The mean of a summary within the window; nothing where nothing was counted."""
    return (f"sum by ({by}) (increase({summary}_sum{{{of}}}[{WINDOW}]))"
            f" / (sum by ({by}) (increase({summary}_count{{{of}}}[{WINDOW}])) > 0)")


def quantile(share, of, by=PER_PROBE):
    """An estimate from the histogram of round trips within the window."""
    buckets = f"increase(mailprobed_round_trip_seconds_bucket{{{of}}}[{WINDOW}])"
    return f"histogram_quantile({share}, sum by ({by}, le) ({buckets}))"


def judged(of, window=WINDOW):
    """How many mails were judged; those that nobody could look for count neither way, as in the alerts."""
    return (f"(sum by ({PER_PROBE}) (increase(mailprobed_verdicts_total{{{of},"
            f'verdict!="unobserved"}}[{window}])) > 0)')


def in_time(of, window=WINDOW):
    """The share of judged mails that came within slo_latency."""
    good = f"sum by ({PER_PROBE}) (increase(mailprobed_slo_good_total{{{of}}}[{window}]))"
    return f"clamp_max({good} / {judged(of, window)}, 1)"


def waited(of):
    """How much of its deadline the oldest mail without a verdict has used up."""
    oldest = f"mailprobed_oldest_pending_timestamp_seconds{{{of}}}"
    return f"({since(oldest)}) / mailprobed_deadline_seconds{{{of}}}"


def greatest(expression, by=PER_PROBE):
    """An aggregation that changes nothing but the labels, for tables."""
    return f"max by ({by}) ({expression})"


def annotations():
    """Restarts and reloads."""
    loaded = f"mailprobed_config_last_reload_success_timestamp_seconds{{{OURS}}}"
    started = f"process_start_time_seconds{{{OURS}}}"
    built_in = {"builtIn": 1, "datasource": {"type": "grafana", "uid": "-- Grafana --"}, "enable": True,
                "hide": True, "iconColor": "rgba(0, 211, 255, 1)", "name": "Annotations & Alerts",
                "type": "dashboard"}
    return {"list": [
        built_in,
        annotation("Restarts", "blue", f"{started} * 1000", "mailprobed started", True),
        # What is read at the start is no reload; passwords may take some seconds then.
        annotation("Reloads", "purple", f"({loaded} > {started} + 15) * 1000",
                   "configuration reloaded", True),
        annotation("Refused reloads", "red",
                   f"1 - mailprobed_config_last_reload_successful{{{OURS}}}",
                   "configuration refused, the one before stays in use", False)]}


def choices(instance=""):
    """What a link to a board takes along: `instance` is one that takes the place of those chosen."""
    kept = ["datasource", "job", *([] if instance else ["instance"]), "window", "objective", "status_page"]
    return "?" + "&".join([*(f"${{{name}:queryparam}}" for name in kept), *([instance] if instance else [])])


def variables(*own):
    """The variables of a board, `own` between where to look and how."""
    page = ('query_result(label_replace(mailprobed_build_info{' + OURS + '}, '
            '"page", "${status_page}", "instance", "(.+)"))')
    return [
        {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus",
         "description": "The Prometheus that scrapes mailprobed.", "hide": 0, "refresh": 1,
         "regex": "", "multi": False, "includeAll": False, "options": [],
         "current": {"selected": False, "text": "", "value": ""}},
        query_variable("job", "Job", "label_values(mailprobed_build_info, job)",
                       "Scrape jobs with mailprobed in them."),
        query_variable("instance", "Instance",
                       'label_values(mailprobed_build_info{job=~"$job"}, instance)',
                       "Daemons, as Prometheus calls them."),
        *own,
        choice("window", "Window", "interval", ["15m", "30m", "1h", "3h", "6h", "12h", "1d", "7d"], "1h",
               "Shares, quantiles and counts look back this far: choose one in which a probe sends ten mails "
               "or more."),
        choice("objective", "Objective", "custom", ["0.9", "0.95", "0.99", "0.995", "0.999"], "0.99",
               "The share of mails that is to come within slo_latency."),
        text_variable("status_page", "Status page", "http://$1",
                      "Where people reach the daemon's own pages; $1 stands for the instance. Others: "
                      "https://$1, https://mail.example.org/probes."),
        query_variable("page", "Page", page, "The status page of the instance chosen.", several=False,
                       regex='/page="([^"]*)"/', hide=2)]


def dashboard(uid, title, description, links, own_variables, board):
    """The whole."""
    return {"uid": uid, "title": title, "description": description, "tags": ["mailprobed", "mail"],
            "editable": False, "schemaVersion": 38, "version": 1, "graphTooltip": 1,
            "timezone": "browser", "refresh": "1m", "time": {"from": "now-6h", "to": "now"},
            "links": links, "annotations": annotations(),
            "templating": {"list": variables(*own_variables)}, "panels": board.panels}
