// SPDX-License-Identifier: Apache-2.0
// The page at /: does mail get through, and where not since when and why.
import { el, svg } from "./dom.js";
import { now } from "./api.js";
import { age, brief, count, many, measured, percent, round, timeTag } from "./format.js";
import { mark, stateKind } from "./marks.js";
import { sparkline } from "./spark.js";
import { failureLabels } from "./words.js";

const kNamed = 5, kFilterFrom = 11;
const kRank = { down: 0, new: 1, up: 2 };
const unseen = (probe) => probe.state === "down" && probe.last?.verdict === "unobserved";

/** The routes in trouble, those first whose trouble is oldest. */
function troubled(probes) {
    return probes.filter((probe) => probe.state === "down")
        .sort((a, b) => unseen(a) - unseen(b) || a.since - b.since);
}

/** The answer in one sentence; `kind` is the mark that stands for it. */
export function headline(probes) {
    const all = probes.length;
    const blind = probes.filter(unseen).length;
    const down = probes.filter((probe) => probe.state === "down").length - blind;
    const fresh = probes.filter((probe) => probe.state === "new").length;
    const kind = down ? "lost" : blind ? "unobserved" : fresh === all ? "pending" : "delivered";
    const of = all === 1 ? "The route" : (number) =>
        number === all ? `All ${all} routes` : `${number} of ${all} routes`;
    const say = (number, one, more) =>
        typeof of === "string" ? `${of} ${one}` : `${of(number)} ${number === 1 ? one : more}`;
    const parts = [];
    if (down) parts.push(say(down, "does not deliver", "do not deliver"));
    if (blind) {
        parts.push(down ? `${blind} cannot be observed`
            : say(blind, "cannot be observed", "cannot be observed"));
    }
    if (!down && !blind && fresh < all) parts.push(say(all - fresh, "delivers", "deliver"));
    if (fresh) {
        parts.push(parts.length ? `${fresh} ${fresh === 1 ? "has" : "have"} no verdict yet`
            : say(fresh, "has no verdict yet", "have no verdict yet"));
    }
    return { kind, text: all ? parts.join(", ") : "No route is configured" };
}

function troubleLine(probe) {
    const last = probe.last;
    const why = failureLabels(last);
    return el("li", { "data-key": probe.name },
        mark(stateKind(probe)),
        el("a", { href: `/probes/${encodeURIComponent(probe.name)}` }, probe.name), " ",
        el("a", { href: `/mails/${last.mail}`, class: "plain" }, last.verdict,
            why ? ` (${why})` : null),
        el("span", { class: "muted" }, ", since ",
            timeTag(probe.since, brief(probe.since)), ` (${age(now() - probe.since)})`,
            probe.bad_streak > 1 ? `, ${count(probe.bad_streak)} mails in a row` : null));
}

/** A column: its title, what it sorts by, which way first, and its cell. */
const kColumns = {
    state: {
        title: "State", first: 1,
        by: (p) => p.state === "down" ? [kRank.down, unseen(p), p.since]
            : [kRank[p.state], p.success["1h"].ratio ?? 2],
        cell: (p) => [el("span", { class: `verdict ${stateKind(p)}` }, mark(stateKind(p)), p.state),
            p.state === "down" ? el("a", { class: "sub", href: `/mails/${p.last.mail}` },
                p.last.verdict, failureLabels(p.last) ? [" ", el("br"), failureLabels(p.last)] : null)
                : null],
    },
    since: {
        title: "For", label: "For how long in this state", first: 1, by: (p) => [p.since ?? Infinity],
        cell: (p) => p.since === null ? "–" : timeTag(p.since, age(now() - p.since)),
    },
    name: {
        title: "Route", first: 1, by: (p) => [p.name.toLowerCase()],
        cell: (p) => [el("a", { href: `/probes/${encodeURIComponent(p.name)}` }, p.name),
            el("span", { class: "sub" }, `${p.from} → ${p.to}, every ${round(p.interval)}`)],
    },
    ...Object.fromEntries([["1h", "Delivered 1 h"], ["24h", "24 h"], ["30d", "30 d"]].map(([key, title]) =>
        [key, {
            title, label: title.startsWith("D") ? title : `Delivered ${title}`, first: 1, number: true,
            by: (p) => [p.success[key].ratio ?? 2],
            cell: (p) => successCell(p.success[key]),
        }])),
    recent: { title: "Last mails", cell: sparkline },
    trip: {
        title: "Round trip", label: "Last round trip", first: -1, number: true,
        by: (p) => [p.last_round_trip ?? -1],
        cell: (p) => measured(p.last_round_trip, p.last_uncertainty),
    },
    pending: {
        title: "Pending", first: -1, number: true, by: (p) => [p.pending],
        cell: (p) => [el("span", { class: p.pending ? null : "muted" }, count(p.pending)),
            p.oldest_pending === null || now() - p.oldest_pending < 1 ? null
                : el("span", { class: "sub" }, ` for ${age(now() - p.oldest_pending)}`)],
    },
};

function successCell(success) {
    const kind = success.ratio === null || success.ratio === 1 ? "muted" : null;
    return el("span", { class: kind,
        title: `${count(success.delivered)} of ${many(success.mails, "mail")} delivered` },
    percent(success.ratio));
}

function compare(a, b) {
    for (let i = 0; i < a.length; ++i) {
        if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
    }
    return 0;
}

function matches(probe, words) {
    const text = [probe.name, probe.from, probe.to, probe.state, probe.last?.verdict || "",
        ...Object.entries(probe.labels).map(([key, value]) => `${key}=${value}`)]
        .join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
}

/** The overview; `again` draws it once more after the reader has changed something. */
export function overview({ again }) {
    const chosen = new URLSearchParams(location.search);
    let column = Object.hasOwn(kColumns, chosen.get("sort")) ? chosen.get("sort") : "state";
    if (!kColumns[column].by) column = "state";
    let way = Number(chosen.get("way")) === -1 ? -1 : chosen.get("way") ? 1 : kColumns[column].first;
    let filter = chosen.get("filter") || "";
    let all = null;

    function keep() {
        const set = new URLSearchParams();
        if (column !== "state" || way !== 1) {
            set.set("sort", column);
            set.set("way", way);
        }
        if (filter) set.set("filter", filter);
        history.replaceState(null, "", String(set) ? `/?${set}` : "/");
        again();
    }

    function sortBy(key) {
        way = key === column ? -way : kColumns[key].first;
        column = key;
        keep();
    }

    function header(key) {
        const { title, label, number, by } = kColumns[key];
        const sorted = key !== column ? null : way === 1 ? "ascending" : "descending";
        return el("th", { scope: "col", role: "columnheader", class: number ? "number" : null,
            "aria-sort": sorted },
        by ? el("button", { type: "button", "aria-label": label, onclick: () => sortBy(key) },
            title, arrow(sorted)) : title);
    }

    function row(probe) {
        return el("tr", { role: "row", "data-key": probe.name, class: probe.state },
            Object.entries(kColumns).map(([key, { title, number, cell }]) =>
                el(key === "name" ? "th" : "td", {
                    scope: key === "name" ? "row" : null,
                    role: key === "name" ? "rowheader" : "cell",
                    class: `${key.replace(/^\d.*/, "ratio")}${number ? " number" : ""}`,
                    "data-label": title,
                }, cell(probe))));
    }

    function table() {
        const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
        const order = kColumns[column].by;
        const rows = all.probes.filter((probe) => matches(probe, words))
            .map((probe, index) => ({ probe, index, key: order(probe) }))
            .sort((a, b) => way * compare(a.key, b.key) || a.index - b.index);
        return [
            all.probes.length >= kFilterFrom ? el("p", { class: "tools" },
                el("label", { for: "filter" }, "Filter "),
                el("input", { id: "filter", type: "search", value: filter, autocomplete: "off",
                    spellcheck: "false", oninput: (event) => {
                        filter = event.target.value;
                        keep();
                    } }),
                el("span", { class: "muted", role: "status" },
                    ` ${count(rows.length)} of ${count(all.probes.length)} routes`)) : null,
            el("div", { class: "frame" }, el("table", { class: "cards probes", role: "table" },
                el("caption", { class: "hidden" },
                    "Routes. The buttons in the head of the table sort it."),
                el("thead", { role: "rowgroup" }, el("tr", { role: "row" },
                    Object.keys(kColumns).map(header))),
                el("tbody", { role: "rowgroup" }, rows.map(({ probe }) => row(probe))))),
            rows.length ? null : el("p", { class: "muted" }, "No route matches the filter."),
        ];
    }

    return {
        async load(answer) {
            all = answer;
        },
        title: () => "",
        view() {
            const { kind, text } = headline(all.probes);
            const bad = troubled(all.probes);
            return [
                el("h1", { class: `headline ${kind}` }, mark(kind), text),
                bad.length ? el("ul", { class: "troubles" }, bad.slice(0, kNamed).map(troubleLine),
                    bad.length > kNamed ? el("li", { class: "muted" },
                        `and ${bad.length - kNamed} more in the table`) : null) : null,
                table(),
                legend(),
            ];
        },
    };
}

function legend() {
    return el("p", { class: "legend muted" }, "Last mails: a bar is a round trip, the newest at the right;" +
        " below the line ",
    ["lost", "send_failed", "bounced", "unobserved"].map((kind, index) =>
        [index ? ", " : "", mark(kind), " ", kind]), ".");
}

function arrow(sorted) {
    if (!sorted) return null;
    return svg("svg", { class: "arrow", viewBox: "0 0 8 8", width: 8, height: 8,
        "aria-hidden": "true" },
    svg("path", { d: sorted === "ascending" ? "M0 6l4-4 4 4z" : "M0 2l4 4 4-4z" }));
}
