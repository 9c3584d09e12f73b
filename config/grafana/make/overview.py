# SPDX-License-Identifier: Apache-2.0
"""All routes: which is bad, since when, at which stage."""
from parts import (GRAY, Board, bars, counts, field, fixed, graph, limit, link, merged, now, over_time,
                   query_variable, rows, stat, steps, table, timeline, words)
from queries import (OURS, PER_PROBE, SHARE_STEPS, STATES, STATE_STEPS, STATE_WORDS, VERDICT_COLORS, WHERE,
                     WINDOW, YES_NO, choices, dashboard, greatest, in_time, increase, mean, quantile, state,
                     until, waited, where)

ALL = OURS + ',probe=~"$probe"'
_TO_PROBE = ("/d/mailprobed-probe" + choices("var-instance=${LABELS.instance}")
             + "&var-probe=${LABELS.probe}&${__url_time_range}")
DETAIL = [{"title": "${__field.labels.probe} in detail",
           "url": _TO_PROBE.replace("LABELS", "__field.labels")}]
DAY = 86400


def _answer(board):
    """The top, for five seconds."""
    tiles = ((3, "down", "red"), (2, "failed once", "orange"), (1, "slow", "yellow"),
             (0, "in time", "green"))
    board.add(
        (14, 4), "Probes by state now", "How many probes are in which state. " + STATE_WORDS,
        [now(f"count(({state(ALL)}) == {number}) or vector(0)", name) for number, name, _ in tiles],
        stat("none", color="background_solid", thresholds=steps((GRAY, None))),
        [field(name, thresholds=steps((GRAY, None), (color, 1))) for _, name, color in tiles])
    ends = until(f"mailprobed_tls_chain_not_after_timestamp_seconds{{{OURS}}}")
    board.add(
        (10, 4), "Trouble with the monitor itself",
        "Daemons that Prometheus cannot scrape, that cannot write their journal, or that were given a "
        "configuration they refused; and connections whose certificate ends within 14 days. While one of "
        "the first three is above 0 the other panels may not tell all.",
        [now(f"count(up{{{OURS}}} == 0) or vector(0)", "not scraped"),
         now(f"count(mailprobed_journal_healthy{{{OURS}}} == 0) or vector(0)", "no journal"),
         now(f"count(mailprobed_config_last_reload_successful{{{OURS}}} == 0) or vector(0)",
             "reload refused"),
         now(f"count({ends} < {14 * DAY}) or vector(0)", "certificate ends")],
        stat("none", color="background_solid", thresholds=steps(("green", None), ("red", 1))),
        [field("certificate ends", thresholds=steps(("green", None), ("orange", 1)))])
    _worst_first(board)
    board.add((24, 8), "State of each route over time", "Since when. " + STATE_WORDS,
              [over_time(state(ALL), "{{probe}}")], timeline(STATES, STATE_STEPS, links=DETAIL))


def _worst_first(board):
    failures = f"increase(mailprobed_mailbox_failures_total{{{OURS}}}[{WINDOW}]) > 0"
    trouble = f"""sum by ({PER_PROBE}, trouble) (label_join(
        mailprobed_probe_info{{{ALL}}} * on (job, instance, mailbox) group_left (stage, cause)
          topk by (job, instance, mailbox) (1, {failures}),
        "trouble", ": ", "stage", "cause"))"""
    page = f'label_replace({state(ALL)}, "page", "${{status_page}}", "instance", "(.+)")'
    delivered = f"mailprobed_last_delivered_timestamp_seconds{{{ALL}}} > 0"
    last = f"mailprobed_last_round_trip_seconds{{{ALL}}} > 0"
    colored = {"color": {"mode": "thresholds"}, "custom__cellOptions": {"type": "color-text"}}
    board.add(
        (24, 9), "Which route is bad, since when, at which stage",
        "Worst first. A route that is bad has been so since its last delivery. Beside it stage and cause of "
        "most failures within the window, or what became of accepted mail, and the commonest failure of its "
        "mailbox. A name leads to the probe's own board, a state to the daemon's status page.",
        [rows(greatest(page, PER_PROBE + ", page")), rows(greatest(f"({delivered}) * 1000")),
         rows(where(ALL)), rows(trouble), rows(greatest(f"mailprobed_recent_bad{{{ALL}}}")),
         rows(greatest(last)), rows(greatest(f"({last}) / mailprobed_slo_latency_seconds{{{ALL}}}")),
         rows(greatest(f"mailprobed_pending_mails{{{ALL}}}")), rows(greatest(waited(ALL)))],
        table("State", descending=True),
        [field("Probe", custom__minWidth=140, links=[{
            "title": "${__value.text} in detail", "url": _TO_PROBE.replace("LABELS", "__data.fields")}]),
         field("State", custom__width=120, mappings=STATES, thresholds=STATE_STEPS,
               color={"mode": "thresholds"},
               custom__cellOptions={"type": "color-background", "mode": "basic"},
               links=[{"title": "Status page of ${__data.fields.probe}", "targetBlank": True,
                       "url": "${__data.fields.page}/probes/${__data.fields.probe}"}]),
         field("Last delivered", unit="dateTimeFromNow", custom__minWidth=130),
         field("Fails mostly at", custom__minWidth=200,
               mappings=words(**{name: (text, None) for name, text in WHERE.items()})),
         field("Bad of last 10", custom__width=110,
               thresholds=steps(("green", None), ("orange", 1), ("red", 2)), **colored),
         field("Last round trip", unit="s"),
         field("Of slo_latency", unit="percentunit", thresholds=SHARE_STEPS, **colored),
         field("Oldest, of deadline", unit="percentunit", thresholds=SHARE_STEPS, **colored),
         field("page", custom__hidden=True)],
        transformations=merged(["Value #C", "Value #D"], {
            "probe": "Probe", "Value #A": "State", "Value #B": "Last delivered",
            "where": "Fails mostly at", "trouble": "Its mailbox", "Value #E": "Bad of last 10",
            "Value #F": "Last round trip", "Value #G": "Of slo_latency", "Value #H": "Awaited",
            "Value #I": "Oldest, of deadline", "instance": "Daemon"}))


def _promise(board):
    board.row("The promise: mail within slo_latency")
    board.add((12, 9), "Share of mails within slo_latency",
              "Of the mails judged within the window, the share that was delivered within the probe's "
              "slo_latency. Mails that failed count as bad, those that nobody could look for neither way. The "
              "dashed line is the objective chosen above.",
              [over_time(in_time(ALL), "{{probe}}"), over_time("vector($objective)", "objective")],
              graph("percentunit", max=1, legend=("lastNotNull", "min"), links=DETAIL),
              [limit("objective", "red")])
    board.add((6, 9), "Error budget left in the time shown",
              "Of the bad mails that the objective allows in the time shown, the share that has not "
              "happened yet. 0 and below: the objective is missed.",
              [now(f"1 - (1 - {in_time(ALL, '$__range')}) / (1 - $objective)", "{{probe}}")],
              bars("percentunit", min=0, max=1, links=DETAIL,
                   thresholds=steps(("red", None), ("orange", 0.000001), ("green", 0.25))))
    board.add((6, 9), "Mails not delivered, by verdict",
              "Mails of all probes judged within the window, but not delivered. Unobserved blames the "
              "mailbox, not the delivery.",
              [over_time(increase("mailprobed_verdicts_total", ALL + ',verdict!="delivered"', "verdict"),
                         "{{verdict}}")], counts(),
              [field(verdict, color=fixed(color)) for verdict, color in VERDICT_COLORS.items()
               if verdict != "delivered"])


def _latency(board):
    board.row("Latency: from the first connect until the mail was seen")
    for share, name in ((0.5, "p50"), (0.9, "p90"), (0.99, "p99")):
        board.add((6, 8), f"Round trip, {name}",
                  f"{share:.0%} of the mails delivered within the window took at most this long: an "
                  "estimate from the buckets of the histogram. With few mails it is near the slowest.",
                  [over_time(quantile(share, ALL), "{{probe}}")], graph("s", log=True, links=DETAIL))
    board.add((6, 8), "p90 as a share of slo_latency",
              "Above the dashed line a tenth of a probe's mails takes longer than its own slo_latency.",
              [over_time(f"{quantile(0.9, ALL)} / mailprobed_slo_latency_seconds{{{ALL}}}", "{{probe}}")],
              graph("percentunit", min=0, line_at=1, links=DETAIL))


def _pending(board):
    board.row("Mails on their way")
    board.add((6, 8), "Mails without a verdict",
              "Started, but neither delivered nor given up. A number that grows is an outage of which no "
              "verdict tells yet.", [over_time(f"mailprobed_pending_mails{{{ALL}}}", "{{probe}}")],
              graph("short", stairs=True, decimals=0, min=0, links=DETAIL))
    board.add((6, 8), "Age of the oldest mail awaited, of its deadline",
              "How much of the probe's deadline the oldest mail without a verdict has used up: an outage "
              "shows here first. Nothing awaited, nothing shown.", [over_time(waited(ALL), "{{probe}}")],
              graph("percentunit", min=0, line_at=1, links=DETAIL))
    board.add((6, 8), "After the verdict",
              "What turned up within the window when its mail had been judged: late mail, second copies, "
              "bounces.", [over_time(increase("mailprobed_after_verdict_total", ALL, "kind"), "{{kind}}")],
              counts())
    board.add((6, 8), "Starts that did not happen",
              "Mails that should have been started within the window: the process stood still, had no room, "
              "or spares an account whose login was rejected.",
              [over_time(increase("mailprobed_ticks_missed_total", ALL, "reason"), "{{reason}}")], counts())


def _mailboxes(board):
    board.row("Mailboxes and certificates")
    per_mailbox = "job, instance, mailbox"
    board.add((6, 8), "Looks that saw everything",
              "Of the visits to a mailbox within the window, the share that was complete. Only those prove "
              "that a mail is not there.",
              [over_time(f"{increase('mailprobed_mailbox_complete_looks_total', OURS, per_mailbox)}"
                         f" / ({increase('mailprobed_mailbox_looks_total', OURS, per_mailbox)} > 0)",
                         "{{mailbox}}")], graph("percentunit", min=0, max=1))
    board.add((6, 8), "Failed looks by stage and cause",
              "Visits to mailboxes that failed or were incomplete within the window. Empty when none did.",
              [over_time(increase("mailprobed_mailbox_failures_total", OURS, "mailbox, stage, cause") + " > 0",
                         "{{mailbox}} {{stage}}: {{cause}}")], counts(noValue="none"))
    who = "job, instance, account, protocol"
    ends = f"mailprobed_tls_chain_not_after_timestamp_seconds{{{OURS}}}"
    board.add(
        (12, 8), "Connections and their certificates",
        "When the first certificate of each chain ends, whether it is checked at all, and how the last "
        "connection was made. Soonest first.",
        [rows(greatest(f"({ends} > 0) * 1000", who)), rows(greatest(until(ends), who)),
         rows(greatest(f"1 - mailprobed_tls_verify_disabled{{{OURS}}}", who)),
         rows(greatest(f"mailprobed_tls_info{{{OURS}}}", who + ", version, cipher")),
         rows(greatest(f"mailprobed_address_family_info{{{OURS}}}", who + ", family"))],
        table("Time left"),
        [field("Ends", unit="dateTimeAsIso"),
         field("Time left", unit="s", decimals=0, color={"mode": "thresholds"},
               thresholds=steps(("red", None), ("orange", 3 * DAY), ("green", 14 * DAY)),
               custom__cellOptions={"type": "color-background", "mode": "basic"}),
         field("Verified", mappings=YES_NO, thresholds=steps(("red", None), ("green", 1)),
               color={"mode": "thresholds"}, custom__cellOptions={"type": "color-text"})],
        transformations=merged(["Value #D", "Value #E"], {
            "account": "Account", "protocol": "Protocol", "Value #A": "Ends", "Value #B": "Time left",
            "Value #C": "Verified", "version": "Version", "cipher": "Cipher", "family": "Over",
            "instance": "Daemon"}))


def _monitor(board):
    board.row("The monitor itself")
    board.add((8, 8), "Scraped, journal, configuration",
              "Whether Prometheus reaches the daemon, whether what happens is on the disk before it counts, "
              "and whether the last configuration was taken.",
              [over_time(f"up{{{OURS}}}", "scraped {{instance}}"),
               over_time(f"mailprobed_journal_healthy{{{OURS}}}", "journal {{instance}}"),
               over_time(f"mailprobed_config_last_reload_successful{{{OURS}}}", "configuration {{instance}}")],
              timeline(words(_0=("bad", "red"), _1=("good", "green")), steps(("red", None), ("green", 1))))
    board.add((8, 8), "How late mails start",
              "Mean time within the window between the tick of a probe's grid and the start of its mail.",
              [over_time(mean("mailprobed_start_lag_seconds", OURS, "job, instance"), "{{instance}}")],
              graph("s", min=0))
    begun = " + ".join(f"mailprobed_{name}{{{ALL}}}" for name in ("mails_started_total", "mails_restored_total"))
    open_now = f"mailprobed_pending_mails{{{ALL}}}"
    board.add((8, 8), "Mails unaccounted for",
              "Started and restored mails less verdicts and pending ones, since the daemon's start. Always "
              "0; anything else is a bug to report.",
              [now(f"abs(sum by (job, instance) ({begun} - {open_now})"
                   f" - sum by (job, instance) (mailprobed_verdicts_total{{{ALL}}}))", "{{instance}}")],
              stat("none", thresholds=steps(("green", None), ("red", 0.5))))
    board.add((6, 7), "CPU", "Share of one processor that the daemon uses.",
              [over_time(f"rate(process_cpu_seconds_total{{{OURS}}}[$__rate_interval])", "{{instance}}")],
              graph("percentunit", min=0))
    board.add((6, 7), "Memory", "Resident memory of the daemon.",
              [over_time(f"process_resident_memory_bytes{{{OURS}}}", "{{instance}}")], graph("bytes", min=0))
    board.add((6, 7), "File descriptors", "Share of the descriptors allowed that are open: each conversation "
              "and each visit to a mailbox needs one.",
              [over_time(f"process_open_fds{{{OURS}}} / process_max_fds{{{OURS}}}", "{{instance}}")],
              graph("percentunit", min=0, line_at=0.8))
    program, per_daemon = "job, instance, version, compiler", "job, instance"
    loaded = f"mailprobed_config_last_reload_success_timestamp_seconds{{{OURS}}} * 1000"
    board.add((6, 7), "Daemons", "What is running, since when, and when its configuration was read.",
              [rows(greatest(f"mailprobed_build_info{{{OURS}}}", program)),
               rows(greatest(f"process_start_time_seconds{{{OURS}}} * 1000", per_daemon)),
               rows(greatest(loaded, per_daemon))], table(),
              [field("Running since", unit="dateTimeAsIso"), field("Configuration of", unit="dateTimeAsIso")],
              transformations=merged(["Value #A"], {
                  "instance": "Daemon", "version": "Version", "compiler": "Compiler",
                  "Value #B": "Running since", "Value #C": "Configuration of"}))


def overview():
    """The dashboard."""
    board = Board()
    for part in (_answer, _promise, _latency, _pending, _mailboxes, _monitor):
        part(board)
    probe = query_variable("probe", "Probe", f"label_values(mailprobed_probe_info{{{OURS}}}, probe)",
                           "Routes, each from one account to another.")
    return dashboard("mailprobed-overview", "mailprobed: all routes",
                     "Which route of mail is bad, since when, and at which stage.",
                     [link("One probe", "/d/mailprobed-probe" + choices(), "One route in detail"),
                      link("Status page", "${page}/", "The daemon's own page", board=False)],
                     [probe], board)
