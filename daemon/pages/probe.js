// SPDX-License-Identifier: Apache-2.0
// The page of one route: latency over time, distribution, stages, failures, mails.
import * as api from "./api.js";
import { distribution, failures, stages } from "./breakdown.js";
import { latencyChart, wantsLog } from "./chart.js";
import { el } from "./dom.js";
import { age, brief, count, many, percent, round, timeTag } from "./format.js";
import { mailsTable } from "./mails_table.js";
import { mark, stateKind, verdictTag } from "./marks.js";
import { claim, failureLabels, kVerdicts } from "./words.js";

const kWindows = { "1h": ["1 h", 3600], "24h": ["24 h", 86400], "7d": ["7 d", 604800],
    "30d": ["30 d", 2592000] };
const kChoices = { "": "all", bad: "all bad ones", pending: "pending" };
const kPage = 25;
// As many as the API gives at once.
const kMost = 1000;

/** What the page was asked for in its address. */
function wishes() {
    const set = new URLSearchParams(location.search);
    return { window: Object.hasOwn(kWindows, set.get("window")) ? set.get("window") : "24h",
        verdict: set.get("verdict") || "", scale: set.get("scale") || "" };
}

function href(wish) {
    const set = new URLSearchParams();
    if (wish.window !== "24h") set.set("window", wish.window);
    if (wish.verdict) set.set("verdict", wish.verdict);
    if (wish.scale) set.set("scale", wish.scale);
    return location.pathname + (String(set) ? `?${set}` : "");
}

/** The page of the probe `name`. */
export function probePage(name, { reload }) {
    let wish = wishes();
    let detail = null, points = null, list = null, next = null, seen = "";
    // Who has turned the page sees all mails since this one, else the newest page.
    let since = null;
    let mayRun = false, sending = null, loads = 0;
    const width = () => Math.max(300, document.getElementById("main").clientWidth);

    async function load(all) {
        const summary = all.probes.find((probe) => probe.name === name);
        mayRun = all.may_run;
        // Without news since the last time there is nothing to ask for; the ages are told anew.
        const state = JSON.stringify([wish.window, wish.verdict, summary?.last, summary?.pending,
            summary?.started, summary?.interval, summary?.deadline]);
        if (detail && state === seen) return;
        const from = since;
        const [one, columns, page] = await Promise.all([api.probe(name, wish.window),
            api.points(name, wish.window), api.mails({ probe: name, verdict: wish.verdict, from,
                limit: from === null ? kPage : kMost })]);
        detail = one;
        points = columns;
        ++loads;
        // Something else was asked for meanwhile: the next refresh brings it.
        if (from !== since) return;
        list = page.mails;
        if (page.next && from !== null) since = list.at(-1).started;
        if (page.next || from === null) next = page.next;
        seen = state;
    }

    function go(change, event) {
        if (event) {
            // A new tab is the browser's business.
            if (event.ctrlKey || event.metaKey || event.shiftKey) return;
            event.preventDefault();
        }
        if ("verdict" in change) since = next = null;
        wish = { ...wish, ...change };
        history.replaceState(null, "", href(wish));
        reload();
    }

    async function more(event) {
        const button = event.currentTarget, before = next, { verdict } = wish;
        button.disabled = true;
        try {
            const page = await api.mails({ probe: name, verdict, limit: kPage, before });
            if (verdict !== wish.verdict) return;
            // The list has moved on meanwhile: without all of it there would be a gap.
            if (next !== before) seen = "";
            list = [...list, ...page.mails];
            // At the end nothing bounds the list: an older mail may still get this verdict.
            since = page.next ? list.at(-1).started : 0;
            next = page.next;
        } finally {
            button.disabled = false;
            reload();
        }
    }

    async function send() {
        sending = "Starting…";
        reload();
        try {
            const started = await api.run(name);
            location.assign(`/mails/${started.mail}?new=${Math.round(api.now())}`);
        } catch (error) {
            if (!(error instanceof api.ApiError)) throw error;
            sending = error.status === 0 ? "mailprobed did not answer." : error.message +
                (error.retryAfter ? ` Possible again in ${error.retryAfter} s.` : "");
        }
        reload();
    }

    function head() {
        const p = detail;
        const word = { up: "delivers", down: "does not deliver", new: "has no verdict yet" };
        const blind = p.state === "down" && p.last?.verdict === "unobserved";
        const labels = Object.entries(p.labels);
        return [
            el("h1", { class: stateKind(p) }, mark(stateKind(p)), name, el("span", { class: "state" },
                ` ${blind ? "cannot be observed" : word[p.state]}`)),
            p.state !== "down" ? null : el("p", { class: "why" },
                el("a", { href: `/mails/${p.last.mail}` }, "The last mail"), " was ",
                verdictTag(p.last.verdict), failureLabels(p.last) ? ` (${failureLabels(p.last)})` : null,
                ". ", claim({ ...p.last, deadline: 0 })),
            el("p", { class: "muted" },
                p.since === null ? null : ["So since ", timeTag(p.since, brief(p.since)),
                    ` (${age(api.now() - p.since)}). `],
                `From ${p.from} to ${p.to}, every ${round(p.interval)}, deadline ${round(p.deadline)}.`,
                labels.length ? ` ${labels.map(([key, value]) => `${key}=${value}`).join(", ")}` : null),
        ];
    }

    function ratios() {
        return el("dl", { class: "facts" }, Object.entries(detail.success).map(([key, one]) =>
            el("div", {}, el("dt", {}, `Delivered, ${kWindows[key][0]}`),
                el("dd", {}, percent(one.ratio), el("span", { class: "sub" },
                    `${count(one.delivered)} of ${count(one.mails)}`)))),
        el("div", {}, el("dt", {}, "Pending"), el("dd", {}, count(detail.pending),
            detail.oldest_pending === null ? null : el("span", { class: "sub" },
                `oldest ${age(api.now() - detail.oldest_pending)}`))));
    }

    function windows() {
        return el("nav", { class: "choice", "aria-label": "Window" },
            Object.entries(kWindows).map(([key, [title]]) => el("a", {
                href: href({ ...wish, window: key }), "aria-current": key === wish.window ? "true" : null,
                onclick: (event) => go({ window: key }, event) }, title)));
    }

    function latency() {
        const [title, seconds] = kWindows[wish.window];
        if (!points.mail.length) return el("p", { class: "muted" }, `No verdict in the last ${title}.`);
        const log = wish.scale ? wish.scale === "log" : wantsLog(points);
        const bad = kVerdicts.slice(1).filter((kind) => detail.verdicts[kind]);
        // Twenty thousand points are drawn only when there is something new.
        const key = `chart ${loads} ${width()} ${log}`;
        const same = document.querySelector(`figure[data-key="${key}"]`);
        return [
            same ? el("figure", { "data-key": key, "data-same": true })
                : latencyChart(points, { width: width(), seconds, log, slo: detail.slo_latency,
                    words: `last ${title}`, key }),
            el("p", { class: "legend muted" },
                `${many(points.mail.length, "mail")}: a dot is a round trip`,
                points.mail.length > 400 ? "" : ", the line below it is its uncertainty",
                bad.length ? ["; not delivered: ", bad.map((kind, index) => [index ? ", " : "",
                    mark(kind), ` ${count(detail.verdicts[kind])} ${kind}`])] : null, ". ",
                points.truncated ? "Older ones are left out. " : null,
                el("button", { type: "button", class: "link",
                    onclick: () => go({ scale: log ? "linear" : "log" }) },
                log ? "Use a linear scale" : "Use a logarithmic scale")),
        ];
    }

    function mailList() {
        const kinds = { ...kChoices, ...Object.fromEntries(kVerdicts.map((kind) => [kind, kind])) };
        const ids = new Set();
        const unique = list.filter(({ mail }) => !ids.has(mail) && ids.add(mail));
        return el("section", { "aria-labelledby": "mails" },
            el("div", { class: "bar-of" }, el("h2", { id: "mails" }, "Mails"),
                el("p", { class: "tools" }, el("label", { for: "verdict" }, "Show "),
                    el("select", { id: "verdict",
                        onchange: (event) => go({ verdict: event.target.value }) },
                    Object.entries(kinds).map(([value, text]) => el("option",
                        { value, selected: value === wish.verdict }, text))))),
            mailsTable(unique),
            next ? el("p", {}, el("button", { type: "button", onclick: more }, "Older mails")) : null);
    }

    return {
        load,
        get ready() {
            return detail !== null;
        },
        title: () => name,
        said: () => detail ? `${name}: ${detail.state}` : "",
        crumbs: () => el("span", {}, name),
        view: () => [
            el("div", { class: "bar-of" }, el("div", {}, head()), mayRun ? el("div", { class: "act" },
                el("button", { type: "button", disabled: sending === "Starting…", onclick: send },
                    "Send one mail now"),
                el("p", { role: "status", class: "sub" }, sending)) : null),
            ratios(),
            el("section", { "aria-labelledby": "latency" },
                el("div", { class: "bar-of" }, el("h2", { id: "latency" }, "Latency"), windows()),
                latency()),
            el("div", { class: "columns" },
                el("div", {}, el("section", { "aria-labelledby": "distribution" },
                    el("h2", { id: "distribution" }, "Distribution"), distribution(detail)),
                detail.failures.length ? el("section", { "aria-labelledby": "failures" },
                    el("h2", { id: "failures" }, "Failed sendings"), failures(detail)) : null),
                el("section", { "aria-labelledby": "stages" },
                    el("h2", { id: "stages" }, "Stages"), stages(detail))),
            mailList(),
        ],
    };
}
