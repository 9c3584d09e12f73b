// SPDX-License-Identifier: Apache-2.0
// A probe's distribution, stages and failures: tables whose bars are pictures of their numbers.
import { el, svg } from "./dom.js";
import { count, duration, percent } from "./format.js";
import { durationLabel } from "./ticks.js";
import { causeWords, stageWords } from "./words.js";

function bar(share, whisker = null) {
    const width = (part) => `${(100 * Math.min(1, part)).toFixed(2)}%`;
    return svg("svg", { class: "bar", width: "100%", height: 12, "aria-hidden": "true" },
        whisker === null ? null : [
            svg("line", { class: "whisker", x1: 0, x2: width(whisker), y1: 6, y2: 6 }),
            // Without an end where it leaves the picture.
            whisker > 1 ? null : svg("line",
                { class: "whisker", x1: width(whisker), x2: width(whisker), y1: 2, y2: 10 })],
        svg("rect", { x: 0, y: 1, height: 10, width: width(share), rx: 1 }));
}

function table(kind, caption, titles, rows) {
    return el("table", { class: `small ${kind}` }, el("caption", { class: "hidden" }, caption),
        el("thead", {}, el("tr", {}, titles.map(([title, type]) =>
            el("th", { scope: "col", class: type || null }, title)))),
        el("tbody", {}, rows));
}

/** Quantiles and the histogram, without the empty buckets at both ends. */
export function distribution(probe) {
    const { latency, histogram } = probe;
    if (!latency.count) return el("p", { class: "muted" }, "No round trip in this window.");
    const first = histogram.findIndex((bucket) => bucket.count);
    const last = histogram.findLastIndex((bucket) => bucket.count);
    const most = Math.max(...histogram.map((bucket) => bucket.count));
    const facts = [["p50", latency.p50], ["p90", latency.p90], ["p99", latency.p99],
        ["longest", latency.max]];
    return [
        el("dl", { class: "facts" }, facts.map(([name, value]) =>
            el("div", {}, el("dt", {}, name), el("dd", {}, duration(value))))),
        table("histogram", "Round trips by length",
            [["Up to", "number"], ["Share", "wide"], ["Mails", "number"]],
            histogram.slice(first, last + 1).map((bucket) => el("tr", {},
                el("th", { scope: "row", class: "number" },
                    bucket.le === null ? "longer" : durationLabel(bucket.le)),
                el("td", {}, bar(bucket.count / most)),
                el("td", { class: "number" }, count(bucket.count))))),
    ];
}

/** Where the time goes: the mean of each stage as a bar, the longest as a whisker. */
export function stages(probe) {
    const known = probe.stages.filter((stage) => stage.count || stage.failures);
    if (!known.length) return el("p", { class: "muted" }, "No conversation is kept.");
    // One outlier would make all bars invisible.
    const longest = Math.max(...known.map((stage) => stage.mean || 0), 1e-6) * 1.6;
    const titles = { sending: "Sending (SMTP)", mailbox: "Looking into the mailbox" };
    return Object.keys(titles).map((side) => {
        const rows = known.filter((stage) => stage.side === side);
        if (!rows.length) return null;
        return [el("h3", {}, titles[side]),
            table("stages", `${titles[side]}, time by stage`,
                [["Stage"], ["Mean, longest", "wide"], ["Mean", "number"], ["Longest", "number"],
                    ["Failed", "number"]],
                rows.map((stage) => el("tr", { "data-key": stage.stage },
                    el("th", { scope: "row", title: stageWords(stage.stage) }, stage.stage),
                    el("td", {}, stage.count
                        ? bar(stage.mean / longest, stage.max / longest) : null),
                    el("td", { class: "number" }, duration(stage.mean)),
                    el("td", { class: "number" }, duration(stage.max)),
                    el("td", { class: `number ${stage.failures ? "alarm" : "muted"}` },
                        count(stage.failures)))))];
    });
}

/** Failed sendings by stage and cause. */
export function failures(probe) {
    if (!probe.failures.length) return null;
    const all = probe.failures.reduce((sum, failure) => sum + failure.count, 0);
    return table("failures", "Failed sendings by stage and cause",
        [["Stage"], ["Cause"], ["Share", "wide"], ["Mails", "number"]],
        probe.failures.map((failure) => el("tr", {},
            el("th", { scope: "row" }, failure.stage),
            el("td", {}, failure.cause, el("span", { class: "sub" }, causeWords(failure.cause))),
            el("td", { class: "alarm", title: percent(failure.count / all) }, bar(failure.count / all)),
            el("td", { class: "number" }, count(failure.count)))));
}
