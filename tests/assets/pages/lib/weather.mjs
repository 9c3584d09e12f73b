// SPDX-License-Identifier: Apache-2.0
// Answers of /api/v1 that are hard to get from a real daemon: much, hostile, empty, public.

const kVerdicts = ["delivered", "send_failed", "bounced", "lost", "unobserved"];
const kBuckets = [0.1, 0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900,
    1800, 3600, 7200, 14400, null];
export const kHostile = `<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>` +
    `"'&amp;\u202e javascript:alert(1)`;

/** The same numbers at every run. */
function dice(seed) {
    let state = seed;
    return () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 2 ** 32;
    };
}

const idOf = (number) => number.toString(16).padStart(16, "0");

function aMail(probe, number, started, verdict, random) {
    const delivered = verdict === "delivered";
    const trip = delivered ? 0.2 + 3 * random() ** 3 : null;
    const failed = verdict === "send_failed";
    return {
        mail: idOf(number), probe, started, attempt: 1,
        progress: failed ? "intended" : "accepted", verdict,
        judged: verdict === null ? null : started + (delivered ? trip + 0.01 : failed ? 0.05 : 21),
        stage: failed ? "auth" : null, cause: failed ? "auth_rejected" : null,
        status_class: verdict === "bounced" ? "permanent" : null,
        body: delivered ? "intact" : null, round_trip: trip,
        uncertainty: delivered ? trip * 0.2 : null, unmeasured: false, deadline_uncertain: false,
        at_risk: false, evidence: {},
    };
}

/** One route with its mails, oldest first; `verdicts` is called for each mail. */
export function aRoute(name, { mails = 100, interval = 60, pending = 0, now, seed = 1, verdict,
    labels = {}, from = "office", to = "office" }) {
    const random = dice(seed);
    const all = [];
    for (let index = 0; index < mails; ++index) {
        const started = now - (mails - index) * interval - 25;
        all.push(aMail(name, seed * 1e6 + index + 1, started, verdict(index, mails, random), random));
    }
    for (let index = 0; index < pending; ++index) {
        all.push(aMail(name, seed * 1e6 + mails + index + 1, now - 5 + index, null, random));
    }
    return { name, from, to, labels, interval, all };
}

function success(judged, now, seconds) {
    const inside = judged.filter((mail) => mail.judged >= now - seconds);
    const delivered = inside.filter((mail) => mail.verdict === "delivered").length;
    return { mails: inside.length, delivered,
        ratio: inside.length ? delivered / inside.length : null };
}

/** A ProbeSummary of a route. */
export function summary(route, now) {
    const judged = route.all.filter((mail) => mail.verdict !== null);
    const waiting = route.all.filter((mail) => mail.verdict === null);
    const last = judged.at(-1) || null;
    const good = judged.findLast((mail) => mail.verdict === "delivered");
    const state = !last ? "new" : last.verdict === "delivered" ? "up" : "down";
    let since = null, streak = 0;
    for (const mail of [...judged].reverse()) {
        if ((mail.verdict === "delivered") !== (state === "up")) break;
        since = mail.judged;
        if (state === "down") ++streak;
    }
    return {
        name: route.name, from: route.from, to: route.to, labels: route.labels, state, since,
        interval: route.interval, deadline: 20, slo_latency: 2, pending: waiting.length,
        oldest_pending: waiting.length ? waiting[0].started : null, started: route.all.length,
        bad_streak: streak, last, last_round_trip: good ? good.round_trip : null,
        last_uncertainty: good ? good.uncertainty : null,
        success: { "1h": success(judged, now, 3600), "24h": success(judged, now, 86400),
            "30d": success(judged, now, 2592000) },
        recent: judged.slice(-60).map(({ mail, started, verdict, round_trip }) =>
            ({ mail, started, verdict, round_trip })),
    };
}

const kSeconds = { "1h": 3600, "24h": 86400, "7d": 604800, "30d": 2592000 };

function judgedIn(route, window, now) {
    return route.all.filter((mail) => mail.verdict !== null && mail.started >= now - kSeconds[window]);
}

/** A Probe. */
export function detail(route, window, now) {
    const judged = judgedIn(route, window, now);
    const trips = judged.map((mail) => mail.round_trip).filter((trip) => trip !== null)
        .sort((a, b) => a - b);
    const at = (share) => trips.length ? trips[Math.floor(share * (trips.length - 1))] : null;
    const counts = kBuckets.map(() => 0);
    for (const trip of trips) counts[kBuckets.findIndex((le) => le === null || trip <= le)] += 1;
    const failed = judged.filter((mail) => mail.verdict === "send_failed").length;
    const stage = (side, name, mean, failures = 0) => ({ side, stage: name, count: 100, failures,
        mean, max: mean * 4 });
    return {
        ...summary(route, now), window,
        latency: { count: trips.length, min: at(0),
            mean: trips.length ? trips.reduce((a, b) => a + b) / trips.length : null,
            p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) },
        histogram: kBuckets.map((le, index) => ({ le, count: counts[index] })),
        verdicts: Object.fromEntries(kVerdicts.map((kind) =>
            [kind, judged.filter((mail) => mail.verdict === kind).length])),
        failures: failed ? [{ stage: "auth", cause: "auth_rejected", count: failed }] : [],
        stages: judged.length ? [stage("sending", "connect", 0.012), stage("sending", "auth", 0.05, failed),
            stage("sending", "accept", 0.2), stage("mailbox", "auth", 0.04), stage("mailbox", "list", 0.006)] : [],
    };
}

/** Points. */
export function points(route, window, now) {
    const judged = judgedIn(route, window, now);
    const column = (name) => judged.map((mail) => mail[name]);
    return { window, now, interval: route.interval, deadline: 20, truncated: false,
        verdicts: kVerdicts, mail: column("mail"), started: column("started"),
        verdict: judged.map((mail) => kVerdicts.indexOf(mail.verdict)),
        round_trip: column("round_trip"), uncertainty: column("uncertainty") };
}

function conversation(failed, words) {
    const stages = [["resolve", 0, 0.001], ["connect", 0.001, 0.012], ["greeting", 0.013, 0.02],
        ["hello", 0.033, 0.01], ["auth", 0.043, 0.05]].map(([stage, at, took]) =>
        ({ stage, at, took, cause: failed && stage === "auth" ? "auth_rejected" : null }));
    const line = (at, who, text) => ({ at, who, text });
    return { stages, transcript: [line(0.033, "server", "220 mail.example.org ESMTP"),
        line(0.034, "client", "EHLO [127.0.0.1]"), line(0.043, "server", words),
        line(0.05, "note", "auth failed")] };
}

/** A MailDetail; `words` is what the server says. */
export function mailDetail(mail, access, words) {
    const open = access === "full";
    const failed = mail.verdict === "send_failed";
    const hidden = (one) => open ? one : { ...one, transcript: null };
    const looks = failed ? [] : [0.4, 0.9, 1.6].map((after) => hidden({ mailbox: "office",
        began: mail.started + after, took: 0.05, complete: mail.verdict !== "unobserved",
        stage: mail.verdict === "unobserved" ? "auth" : null,
        cause: mail.verdict === "unobserved" ? "mailbox_busy" : null, messages: 3,
        ...conversation(false, words) }));
    return { ...mail, deadline: mail.started + 20, handed: failed ? null : mail.started + 0.3, access,
        detail: open && mail.verdict !== "delivered" ? words : null,
        hops: !open ? null : failed ? [] : [{ by: words, at: mail.started + 0.4 },
            { by: "mx.example.org", at: mail.started - 2 }, { by: "lda", at: null }],
        attempts: [hidden({ attempt: 1, began: mail.started, took: 0.1,
            ...conversation(failed, words) })], looks };
}

/** The whole answer of /api/v1/probes. */
export function everything(routes, now, more = {}) {
    return { now, version: "0.1.0", instance: "mock", access: "full", may_run: true,
        journal_healthy: true, probes: routes.map((route) => summary(route, now)), ...more };
}
