# SPDX-License-Identifier: Apache-2.0
"""What a daemon would have exported in the course of a story: mails start on a grid, each has a
fate, and every scrape shows the counters and gauges that follow from it. Times are seconds; the story
begins at Unix time 0, as promtool's clock does."""
import dataclasses

# When a mail of the story ends, unless it is told otherwise, in seconds after its start.
_QUICK = 10


@dataclasses.dataclass
class Fate:
    """What becomes of a mail: its verdict, after how long, and what else is counted."""
    verdict: str
    after: float
    hidden: float = 0  # so long it was there, and the mailbox could not be read
    stage: str = ""
    cause: str = ""


def delivered(after=_QUICK):
    """It arrives."""
    return Fate("delivered", after)


def refused(stage="connect", cause="refused"):
    """The server does not take it."""
    return Fate("send_failed", 1, stage=stage, cause=cause)


class Probe:
    """One probe, its account (`from` and `to` are the same) and its mailbox: that of the account
    unless it is shared with another one that stands before it."""

    def __init__(self, name="a", account="me", interval=60, deadline=300, slo=60, grace=60,
                 mailbox=None):
        self.name, self.account, self.mailbox = name, account, mailbox or account
        self.interval, self.deadline, self.slo, self.grace = interval, deadline, slo, grace
        self.begins, self.ends = 0, None  # between these it is configured
        self._fates = []                  # (from, until, every, what)
        self._unreadable, self._stalled, self._logins = [], [], []
        self.away = []                    # no daemon ran
        self._extra = []                  # (series, labels, at)

    def during(self, start, end, fate, every=1):
        """Mails that start in [start, end) have this fate; or each so-many-th of them."""
        self._fates.append((start, end, every, fate))
        return self

    def lost(self, start, end, every=1):
        """The server takes them, and they never come."""
        return self.during(start, end, Fate("lost", self.deadline + 2), every)

    def unreadable(self, start, end, cause="refused"):
        """The mailbox cannot be read; mails that need a look then get no answer."""
        self._unreadable.append((start, end, cause))
        return self

    def stalled(self, start, end, reason="stalled"):
        """Nothing starts."""
        self._stalled.append((start, end, reason))
        return self

    def login_refused(self, start, end, pause=300):
        """The submission server refuses the login; the account pauses, twice as long each time."""
        self._logins.append((start, end, pause))
        return self

    def counted(self, series, at, **labels):
        """One more event of a counter that has no other part in the story."""
        self._extra.append((series, labels, at))
        return self

    def present(self, begins, ends=None):
        """A reload adds the probe, another removes it."""
        self.begins, self.ends = begins, ends
        return self

    def _fate(self, start, number):
        for begin, end, every, fate in reversed(self._fates):
            if begin <= start < end and number % every == 0:
                return fate
        return delivered()

    def _readable_again(self, at):
        """The first instant from `at` on at which the mailbox can be read."""
        for begin, end, _ in self._unreadable:
            if begin <= at < end:
                return end
        return at

    def _running_again(self, at):
        """The first instant from `at` on at which a daemon runs: what it finds then it judges."""
        return max([at, *(end for begin, end in self.away if begin <= at < end)])

    def mails(self, horizon):
        """(start, verdict's instant, fate) of each mail, and the ticks that were missed."""
        mails, missed, paused_until = [], [], 0
        number, start = 0, self.begins + 5
        pause = None
        while start < (horizon if self.ends is None else self.ends):
            fate = self._fate(start, number)
            login = next((one for one in self._logins if one[0] <= start < one[1]), None)
            if any(begin <= start < end for begin, end in self.away):
                pass
            elif stall := next((why for b, e, why in self._stalled if b <= start < e), None):
                missed.append((start, stall))
            elif login and start < paused_until:
                missed.append((start, "auth_backoff"))
            else:
                if login:
                    pause = login[2] if pause is None else pause * 2
                    paused_until = start + pause
                    fate = refused("auth", "auth_rejected")
                if fate.verdict in ("delivered", "lost"):
                    fate = self._seen(start, fate)
                judged = self._running_again(start + fate.after)
                # What nobody was there to see was hidden as by a mailbox that cannot be read.
                fate = dataclasses.replace(fate, hidden=fate.hidden + judged - start - fate.after)
                mails.append((start, judged, fate))
            number, start = number + 1, start + self.interval
        return mails, missed

    def _seen(self, start, fate):
        looked = self._readable_again(start + fate.after)
        if looked > start + self.deadline + self.grace:
            return Fate("unobserved", self.deadline + self.grace)
        return Fate(fate.verdict, looked - start,
                    hidden=fate.hidden + looked - start - fate.after)


class Story:
    """Probes of one daemon, its restarts and the scrapes that failed."""

    def __init__(self, *probes, scrape=15, minutes=60):
        self.probes, self.scrape, self.horizon = probes or (Probe(),), scrape, minutes * 60
        self._restarts, self._gaps = [], []
        self._gauges, self._up = {}, []
        self.with_target = True
        self._ahead, self._reload_period = 0, None
        self._others = []

    def restart(self, at, away=20):
        """The daemon ends and is back `away` seconds later with counters at 0."""
        self._restarts.append(at + away)
        for probe in self.probes:
            probe.away.append((at, at + away))
        return self.no_scrape(at, at + away)

    def no_scrape(self, start, end):
        """Scrapes in [start, end) fail."""
        self._gaps.append((start, end))
        return self

    def gauge(self, series, *steps, **labels):
        """A gauge with (from, value) steps; it is not there before the first."""
        self._gauges[series, tuple(sorted(labels.items()))] = steps
        return self

    def no_target(self):
        """No job of Prometheus scrapes a daemon."""
        self.with_target = False
        return self

    def skewed(self, seconds):
        """The clock of the daemon's machine is so much ahead of Prometheus's."""
        self._ahead = seconds
        return self

    def reloaded_every(self, seconds):
        """A configuration management lets the daemon read its file again and again."""
        self._reload_period = seconds
        return self

    def other(self, series, values):
        """A series that is not the daemon's, in promtool's notation."""
        self._others.append({"series": series, "values": values})
        return self

    def _failed(self, at):
        return any(begin <= at < end for begin, end in self._gaps)

    def _run(self, at):
        """When the process that answers at this instant was started."""
        return max([0, *(start for start in self._restarts if start <= at)])

    def series(self):
        """The input series of a promtool test."""
        if not self.with_target:
            return self._others
        columns = {}
        times = [n * self.scrape for n in range(int(self.horizon // self.scrape) + 1)]
        plots = [(probe, *probe.mails(self.horizon)) for probe in self.probes]
        for at in times:
            if self._failed(at):
                continue
            for key, value in self._snapshot(at, plots).items():
                columns.setdefault(key, {})[at] = value
        answers = {at: 0 if self._failed(at) else 1 for at in times}
        columns['up{job="mailprobed",instance="mon:10995"}'] = answers
        return [{"series": key, "values": _notation(times, column)}
                for key, column in sorted(columns.items())] + self._others

    def _snapshot(self, at, plots):
        began, shown = self._run(at), {}

        def show(name, value, **labels):
            labels = {"job": "mailprobed", "instance": "mon:10995", **labels}
            text = ",".join(f'{key}="{word}"' for key, word in labels.items())
            if value is not None:
                shown[f"{name}{{{text}}}"] = value
            return shown.get(f"{name}{{{text}}}")

        show("mailprobed_clock_timestamp_seconds", at)
        show("mailprobed_start_timestamp_seconds", began)
        show("mailprobed_config_last_reload_success_timestamp_seconds",
             max([began, at - at % self._reload_period if self._reload_period else 0,
                  *(p.begins for p, _, _ in plots if p.begins <= at),
                  *(p.ends for p, _, _ in plots if p.ends is not None and p.ends <= at)]))
        for (name, labels), steps in self._gauges.items():
            values = [value for start, value in steps if start <= at]
            if values:
                show(name, values[-1], **dict(labels))
        for probe, mails, missed in plots:
            if probe.begins <= at and (probe.ends is None or at < probe.ends):
                _show_probe(show, probe, mails, missed, began, at)
        if self._ahead:
            shown = {key: value + self._ahead if "_timestamp_seconds" in key and value else value
                     for key, value in shown.items()}
        return shown


def _show_probe(show, probe, mails, missed, began, at):
    def since(events):
        return sum(began <= event <= at for event in events)

    def put(name, value, **labels):
        show("mailprobed_" + name, value, probe=probe.name, **labels)

    judged = sorted(((end, start, fate) for start, end, fate in mails if end <= at),
                    key=lambda one: one[0])
    pending = [start for start, end, _ in mails if start <= at < end]
    good = [one for one in judged if one[2].verdict == "delivered"]
    streak = 0
    for _, _, fate in judged:
        streak = 0 if fate.verdict == "delivered" else streak + 1
    put("probe_info", 1, **{"from": probe.account, "to": probe.account,
                            "mailbox": probe.mailbox})
    for name, value in (("interval", probe.interval), ("deadline", probe.deadline),
                        ("slo_latency", probe.slo)):
        put(name + "_seconds", value)
    put("bad_streak", streak)
    put("pending_mails", len(pending))
    put("oldest_pending_timestamp_seconds", min(pending, default=0))
    put("last_started_timestamp_seconds",
        max((start for start, _, _ in mails if start <= at), default=0))
    put("last_delivered_timestamp_seconds", good[-1][0] if good else 0)
    put("last_round_trip_seconds", good[-1][0] - good[-1][1] if good else 0)
    put("last_uncertainty_seconds", min(good[-1][0] - good[-1][1], good[-1][2].hidden + 1)
        if good else 0)
    put("unmeasured_mails_total", since(e for e, _, f in good if f.hidden))
    for verdict in ("delivered", "send_failed", "bounced", "lost", "unobserved"):
        put("verdicts_total", since(e for e, _, f in judged if f.verdict == verdict),
            verdict=verdict)
    put("slo_good_total", since(e for e, s, f in good if e - s <= probe.slo))
    failures = {("connect", "refused"), ("auth", "auth_rejected"), ("accept", "interrupted"),
                ("tls", "tls_expired")}
    for stage, cause in sorted(failures | {(f.stage, f.cause) for _, _, f in mails if f.cause}):
        put("send_failures_total", since(e for e, _, f in judged if (f.stage, f.cause) ==
                                         (stage, cause)), stage=stage, cause=cause)
    for reason in ("stalled", "overload", "auth_backoff"):
        put("ticks_missed_total", since(t for t, why in missed if why == reason), reason=reason)
    put("stage_seconds_count", since(s for s, _, f in mails if _logged_in(f)), stage="auth")
    _show_extra(put, probe, since)
    _show_mailbox(show, probe, mails, since, at)


def _show_extra(put, probe, since):
    extra = probe._extra  # pylint: disable=protected-access
    for kind in ("late", "duplicate"):
        put("after_verdict_total", since(t for series, labels, t in extra
                                         if (series, labels.get("kind")) ==
                                         ("after_verdict_total", kind)), kind=kind)
    put("altered_mails_total", since(t for series, _, t in extra
                                     if series == "altered_mails_total"))
    put("stage_seconds_sum", 0, stage="accept")
    put("stage_seconds_count", 0, stage="accept")


def _logged_in(fate):
    """The server let the mail's submission in."""
    return fate.stage not in ("resolve", "connect", "tls", "starttls", "greeting", "auth")


def _show_mailbox(show, probe, mails, since, at):
    """Looks are complete ten seconds after a mail began and every ten seconds until its verdict."""
    box = {"mailbox": probe.mailbox}
    bad = probe._unreadable  # pylint: disable=protected-access
    complete = [s + 10 * n for s, e, f in mails if f.verdict != "send_failed"
                for n in range(1, int((e - s) // 10) + 1)]
    complete = [t for t in complete if not any(b <= t < e for b, e, _ in bad)]
    past = [t for t in complete if t <= at]
    earlier = show("mailprobed_mailbox_last_complete_look_timestamp_seconds", None, **box) or 0
    show("mailprobed_mailbox_last_complete_look_timestamp_seconds", max([earlier, *past]), **box)
    for cause, stage in (("refused", "connect"), ("auth_rejected", "auth")):
        tries = [b + 5 + 300 * n for b, e, why in bad if why == cause
                 for n in range(int((e - b) // 300) + 1)]
        show("mailprobed_mailbox_failures_total", since(tries), stage=stage, cause=cause, **box)
    for reason in ("forged", "quoted", "other_daemon"):
        extra = probe._extra  # pylint: disable=protected-access
        show("mailprobed_mailbox_tags_rejected_total",
             since(t for series, labels, t in extra if series == "mailbox_tags_rejected_total"
                   and labels["reason"] == reason), reason=reason, **box)


def _notation(times, column):
    """promtool's notation: runs of equal values, `_` before the series begins, and the mark of
    staleness where a scrape failed or the series had gone."""
    words, run = [], None
    last = max(column)
    seen = False

    def flush():
        nonlocal run
        if run:
            words.append(str(run[0]) if run[1] == 0 else f"{run[0]}+0x{run[1]}")
        run = None

    for at in times:
        value = column.get(at)
        if value is None:
            flush()
            words.append("stale" if seen else "_")
            if at > last:
                break
            continue
        seen = True
        if run and run[0] == value:
            run[1] += 1
        else:
            flush()
            run = [value, 0]
    flush()
    return " ".join(words)
