# SPDX-License-Identifier: Apache-2.0
"""One route: how long mail takes, where that time goes, and what fails."""
from parts import (Board, counts, field, fixed, graph, heatmap, limit, link, merged, now, over_time,
                   query_variable, rows, stat, steps, table, timeline, words)
from queries import (OURS, PER_PROBE, SHARE_STEPS, STATES, STATE_STEPS, STATE_WORDS, VERDICT_COLORS, WHERE,
                     YES_NO, choices, dashboard, greatest, in_time, increase, judged, mean, quantile, since,
                     state, waited, where)

THIS = OURS + ',probe="$probe"'
BOX = OURS + ',mailbox="$mailbox"'
PLAIN = steps(("text", None))
LAST = f"mailprobed_last_round_trip_seconds{{{THIS}}} > 0"
UNCERTAIN = f"mailprobed_last_uncertainty_seconds{{{THIS}}}"
SLO = f"mailprobed_slo_latency_seconds{{{THIS}}}"
DEADLINE = f"mailprobed_deadline_seconds{{{THIS}}}"


def _answer(board):
    """The top, for five seconds."""
    board.add((4, 4), "State", "Of the last verdicts. " + STATE_WORDS, [now(state(THIS), "{{instance}}")],
              stat("none", "value", "background_solid", mappings=STATES, thresholds=STATE_STEPS,
                   links=[{"title": "Status page of ${probe}", "targetBlank": True,
                           "url": "${page}/probes/${probe}"}]))
    board.add((4, 4), "Last delivered",
              "When the last verdict was delivered: a route that is bad has been so since then.",
              [now(f"(mailprobed_last_delivered_timestamp_seconds{{{THIS}}} > 0) * 1000", "{{instance}}")],
              stat("dateTimeFromNow", "value", "none", noValue="never"))
    board.add((6, 4), "Fails mostly at",
              "Stage and cause of most failures within the window, or what became of mail that the server had "
              "accepted.", [now(where(THIS), "{{where}}")],
              stat("none", "name", thresholds=steps(("green", None), ("red", 0.000000001))),
              [field(name, displayName=text) for name, text in WHERE.items()])
    board.add((6, 4), "Last mail",
              "Round trip of the last delivered mail and by how much that may be too long; red when above "
              "slo_latency.",
              [now(LAST, "round trip"), now(UNCERTAIN, "uncertainty"), now(f"({LAST}) / {SLO}", "of slo_latency")],
              stat("percentunit", thresholds=SHARE_STEPS, noValue="none"),
              [field(name, unit="s", thresholds=PLAIN) for name in ("round trip", "uncertainty")])
    board.add((4, 4), "Verdicts not delivered", "In a row until now, and among the last ten.",
              [now(f"mailprobed_bad_streak{{{THIS}}}", "in a row"),
               now(f"mailprobed_recent_bad{{{THIS}}}", "of the last 10")],
              stat("none", thresholds=steps(("green", None), ("orange", 1), ("red", 2))))
    board.add((18, 4), "State over time", "Since when. " + STATE_WORDS, [over_time(state(THIS), "{{probe}}")],
              timeline(STATES, STATE_STEPS))
    board.add((6, 4), "Awaited now",
              "Mails without a verdict, and how much of its deadline the oldest of them has used up.",
              [now(f"mailprobed_pending_mails{{{THIS}}}", "mails"), now(waited(THIS), "of the deadline")],
              stat("percentunit", thresholds=SHARE_STEPS, noValue="none"),
              [field("mails", unit="none", thresholds=PLAIN)])


def _latency(board):
    board.row("Latency: from the first connect until the mail was seen")
    buckets = f"increase(mailprobed_round_trip_seconds_bucket{{{THIS}}}[$__rate_interval])"
    board.add((12, 9), "Round trips",
              "How many mails took how long: each column a span of time, each row a bucket of the histogram.",
              [over_time(f"sum by (le) ({buckets})", "{{le}}", format="heatmap")], heatmap("s"),
              maxDataPoints=80)
    board.add((12, 9), "Last mail and its uncertainty",
              "The last delivered mail became visible somewhere in the band: its upper end is the listing that "
              "showed it, its lower end the look before. Dashed are the configured slo_latency and deadline.",
              [over_time(LAST, "at most"), over_time(f"({LAST}) - {UNCERTAIN}", "at least"),
               over_time(SLO, "slo_latency"), over_time(DEADLINE, "deadline")],
              graph("s", log=True, stairs=True, points="never"),
              [field("at most", custom__fillBelowTo="at least", custom__fillOpacity=40, color=fixed("blue")),
               field("at least", custom__fillOpacity=0, color=fixed("light-blue")),
               limit("slo_latency", "orange"), limit("deadline", "red")])
    board.add((12, 9), "Round trip, quantiles",
              "Half, nine tenths and 99 % of the mails delivered within the window took at most this long: "
              "estimates from the buckets of the histogram.",
              [*(over_time(quantile(share, THIS, "job, instance"), name)
                 for share, name in ((0.5, "p50"), (0.9, "p90"), (0.99, "p99"))),
               over_time(SLO, "slo_latency")],
              graph("s", log=True, legend=("lastNotNull", "max")), [limit("slo_latency", "orange")])
    came = increase("mailprobed_verdicts_total", THIS + ',verdict="delivered"', PER_PROBE)
    board.add((12, 9), "Share of mails",
              "Of the mails judged within the window, but for those that nobody could look for: delivered at all, "
              "and delivered within slo_latency.",
              [over_time(f"clamp_max({came} / {judged(THIS)}, 1)", "delivered"),
               over_time(in_time(THIS), "within slo_latency"), over_time("vector($objective)", "objective")],
              graph("percentunit", max=1, legend=("lastNotNull", "min")), [limit("objective", "red")])


def _failures(board):
    board.row("Stages and failures")
    board.add((12, 9), "Stages over time",
              "Mean time that the stages of sending took within the window, and then the wait until the mail "
              "was seen in the mailbox: the part that grows is where mail is slow. Only stages that succeeded.",
              [over_time(mean("mailprobed_stage_seconds", THIS, "stage"), "{{stage}}"),
               over_time(mean("mailprobed_delivery_seconds", THIS, "probe"), "until seen")],
              graph("s", stacked=True, min=0, points="never"), [field("until seen", color=fixed("light-blue"))])
    board.add((12, 9), "Failures by stage and cause",
              "Mails within the window that the server never took responsibility for, and stage and cause of "
              "each. Empty when there were none.",
              [over_time(increase("mailprobed_send_failures_total", THIS, "stage, cause") + " > 0",
                         "{{stage}}: {{cause}}")], counts(noValue="none"))
    board.add((8, 8), "Mails by verdict", "Mails judged within the window.",
              [over_time(increase("mailprobed_verdicts_total", THIS, "verdict"), "{{verdict}}")], counts(),
              [field(verdict, color=fixed(color)) for verdict, color in VERDICT_COLORS.items()])
    board.add((8, 8), "After the verdict",
              "What turned up within the window when its mail had been judged: late mail, second copies, bounces.",
              [over_time(increase("mailprobed_after_verdict_total", THIS, "kind"), "{{kind}}")], counts())
    board.add((8, 8), "Bounces, retries, missed starts",
              "Within the window: bounces by the class of their status, attempts that were refused for the time "
              "being and repeated, starts that did not happen and why. Bounces need a sender whose mailbox is "
              "read, retries a max_attempts above 1.",
              [over_time(increase("mailprobed_bounces_total", THIS, "status_class"), "bounced: {{status_class}}"),
               over_time(increase("mailprobed_retries_total", THIS, "probe"), "retries"),
               over_time(increase("mailprobed_ticks_missed_total", THIS, "reason"), "missed: {{reason}}")],
              counts(stacked=False))
    board.add((8, 8), "Deliveries with a blemish",
              "Delivered within the window, but changed on the way, not measurable because looks failed, or with "
              "the deadline within the uncertainty.",
              [over_time(increase(f"mailprobed_{metric}_total", THIS, "probe"), name) for metric, name in (
                  ("altered_mails", "altered"), ("unmeasured_mails", "unmeasured"),
                  ("deadline_uncertain", "deadline uncertain"))], counts(stacked=False))
    board.add((8, 8), "How late is late",
              "Mean round trip of mails that came within the window, but after their deadline.",
              [over_time(mean("mailprobed_late_seconds", THIS, "probe"), "late mails"),
               over_time(DEADLINE, "deadline")], graph("s", min=0), [limit("deadline", "red")])
    board.add((8, 8), "Pace",
              "Time since the last mail was started, and the mean by which starts were late on their grid. The "
              "dashed line is the interval.",
              [over_time(since(f"mailprobed_last_started_timestamp_seconds{{{THIS}}}"),
                         "since the last start"),
               over_time(mean("mailprobed_start_lag_seconds", THIS, "probe"), "start lag"),
               over_time(f"mailprobed_interval_seconds{{{THIS}}}", "interval")],
              graph("s", min=0), [limit("interval", "orange")])


def _mailbox(board):
    board.row("The mailbox: ${mailbox}")
    board.add((8, 8), "Looks",
              "Visits to the mailbox within the window, those that saw everything, and own mails removed.",
              [over_time(increase(f"mailprobed_mailbox_{metric}_total", BOX, "mailbox"), name)
               for metric, name in (("looks", "looks"), ("complete_looks", "complete"),
                                    ("deleted", "mails removed"))], counts(stacked=False))
    board.add((8, 8), "Failed looks by stage and cause",
              "Visits that failed or were incomplete within the window. Empty when none did.",
              [over_time(increase("mailprobed_mailbox_failures_total", BOX, "stage, cause") + " > 0",
                         "{{stage}}: {{cause}}")], counts(noValue="none"))
    board.add((8, 8), "Tags rejected",
              "Mails within the window with something like a tag that are no arrival, and why.",
              [over_time(increase("mailprobed_mailbox_tags_rejected_total", BOX, "reason"), "{{reason}}")],
              counts())
    board.add((8, 8), "Time since the last complete look",
              "Grows while the mailbox cannot be read, and while no mail is awaited there. Dashed is the shortest "
              "time between looks that plan and server allow.",
              [over_time(since(f"mailprobed_mailbox_last_complete_look_timestamp_seconds{{{BOX}}}"),
                         "since the last complete look"),
               over_time(f"mailprobed_mailbox_look_interval_seconds{{{BOX}}}", "look interval"),
               over_time(mean("mailprobed_mailbox_look_seconds", BOX, "mailbox"), "mean duration of a look")],
              graph("s", log=True, stairs=True), [limit("look interval", "orange")])
    board.add((8, 8), "Messages in the mailbox",
              "At the last visit. A mailbox that fills up takes longer to read.",
              [over_time(f"mailprobed_mailbox_messages{{{BOX}}}", "messages")],
              graph("short", stairs=True, decimals=0, min=0))
    board.add((8, 8), "Logins left",
              "What the budget max_logins_per_hour allows at once, at the last visit; only where one is "
              "configured.", [over_time(f"mailprobed_mailbox_logins_left{{{BOX}}}", "logins")],
              graph("short", stairs=True, min=0, noValue="no budget configured"))


def _hops(board):
    board.row("Hops, clocks and authenticity")
    board.add((8, 8), "Between the first and the last hop",
              "From the first to the last Received stamp of the mail delivered last, by the clocks of the servers "
              "that wrote them: below 0 where those disagree. Never part of a latency. Every hop of a mail is on "
              "the status page.",
              [over_time(f"mailprobed_received_transit_seconds{{{THIS}}}", "by the servers' clocks")],
              graph("s", stairs=True))
    board.add((8, 8), "The mailbox server's clock",
              "Its stamp of the newest mail less the time at which it was seen: above 0 the clock is ahead of "
              "ours by at least that.",
              [over_time(f"mailprobed_mailbox_clock_ahead_seconds{{{BOX}}}", "ahead")], graph("s", stairs=True))
    board.add((8, 8), "SPF, DKIM, DMARC",
              "Whether the receiving server says that the mail delivered last passed; only where authserv_id is "
              "set.", [over_time(f"mailprobed_authentication_pass{{{THIS}}}", "{{method}}")],
              timeline(words(_0=("no pass", "red"), _1=("pass", "green")), steps(("red", None), ("green", 1)),
                       noValue="authserv_id is not set"))
    board.row("What this route is")
    board.add((24, 4), "Accounts and settings",
              "As configured: accounts, labels, and the times that the thresholds of these boards come from.",
              [rows(f"mailprobed_probe_info{{{THIS}}}"), rows(greatest(f"mailprobed_interval_seconds{{{THIS}}}")),
               rows(greatest(DEADLINE)), rows(greatest(SLO)),
               rows(greatest(f"(mailprobed_last_verdict_timestamp_seconds{{{THIS}}} > 0) * 1000")),
               rows(greatest(f"mailprobed_probe_up{{{THIS}}}"))], table(),
              [*(field(name, unit="s") for name in ("Interval", "Deadline", "slo_latency")),
               field("Last verdict", unit="dateTimeAsIso"), field("Up", mappings=YES_NO)],
              transformations=merged(["Value #A", "__name__"], {
                  "probe": "Probe", "from": "From", "to": "To", "Value #B": "Interval",
                  "Value #C": "Deadline", "Value #D": "slo_latency", "Value #E": "Last verdict",
                  "Value #F": "Up", "instance": "Daemon"}))


def one_probe():
    """The dashboard."""
    board = Board()
    for part in (_answer, _latency, _failures, _mailbox, _hops):
        part(board)
    return dashboard(
        "mailprobed-probe", "mailprobed: one probe",
        "One route of mail: how long it takes, where that time goes, and what fails.",
        [link("All probes", "/d/mailprobed-overview" + choices(), "All routes"),
         link("Status page of this probe", "${page}/probes/${probe}",
              "Every mail with its stages, hops and transcript", board=False)],
        [query_variable("probe", "Probe", f"label_values(mailprobed_probe_info{{{OURS}}}, probe)",
                        "The route, from one account to another.", several=False),
         query_variable("mailbox", "Mailbox",
                        f"label_values(mailprobed_probe_info{{{THIS}}}, mailbox)",
                        "Where its mails end. A mailbox that several accounts read has the name of the first.",
                        several=False)], board)
