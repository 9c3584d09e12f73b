// SPDX-License-Identifier: Apache-2.0
// Latency over time: every mail is a point, failures stand in lanes above, by verdict.
import { el, svg } from "./dom.js";
import { count, duration, instant } from "./format.js";
import { mark, shape } from "./marks.js";
import { durationLabel, durationScale, timeTicks } from "./ticks.js";
import { kVerdicts } from "./words.js";

const kLeft = 58, kRight = 14, kLane = 18, kPlot = 230, kBottom = 24, kNear = 14;
// So many bars of uncertainty can still be told apart.
const kBarsUpTo = 400;

/** Percentile of sorted numbers. */
function quantile(sorted, share) {
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** Whether a logarithmic axis shows these mails better. */
export function wantsLog(points) {
    const times = points.round_trip.filter((value) => value !== null).sort((a, b) => a - b);
    if (!times.length) return false;
    return Math.max(times.at(-1), points.deadline) > 12 * Math.max(quantile(times, 0.1), 1e-4);
}

/** From when to when: the window, or what there is of it if that is less than half. */
export function span(points, seconds) {
    const to = points.now, whole = to - seconds;
    const first = points.started[0];
    if (first === undefined || first < to - seconds / 2) return [whole, to];
    return [first - (to - first) * 0.02, to];
}

function summary(points, words) {
    const times = points.round_trip.filter((value) => value !== null).sort((a, b) => a - b);
    const failed = kVerdicts.slice(1).map((kind) => {
        const index = points.verdicts.indexOf(kind);
        return [kind, points.verdict.filter((verdict) => verdict === index).length];
    }).filter(([, number]) => number);
    return `Latency over time, ${words}: ${count(times.length)} delivered` +
        (times.length ? `, median ${duration(quantile(times, 0.5))}, longest ${duration(times.at(-1))}`
            : "") +
        (failed.length ? `; not delivered: ${failed.map(([k, n]) => `${n} ${k}`).join(", ")}` : "") +
        ". The table of mails below has each of them.";
}

function line(layout, seconds, kind, text) {
    const { y, width, top, scale } = layout;
    if (seconds === null || seconds > scale.top * 1.0001) return null;
    const at = y(seconds);
    if (!text) {
        return svg("path", { class: `limit ${kind}`, d: `M${kLeft} ${at.toFixed(1)}H${width - kRight}` });
    }
    // Below the line where there is no room above it.
    const label = at - top < 14 ? at + 13 : at - 4;
    return svg("text", { class: `limit ${kind}`, x: width - kRight - 2, y: label.toFixed(1),
        "text-anchor": "end" }, `${text} ${durationLabel(seconds)}`);
}

function lanes(layout, kinds) {
    return kinds.map((kind, row) => {
        const y = row * kLane + kLane / 2;
        return svg("g", {},
            svg("path", { class: "grid", d: `M${kLeft} ${y}H${layout.width - kRight}` }),
            svg("path", { class: `shape ${kind}`, d: shape(kind, 6, y, 4) }),
            svg("text", { class: `lane ${kind}`, x: 14, y: y + 4 }, kind.replace("_", " ")));
    });
}

/** Draws the points; those that fall on the same half pixel are drawn once. */
function drawn(points, layout) {
    const { x, y, kinds } = layout;
    const seen = new Set(), dots = [], bars = [], failures = {};
    const some = points.mail.length <= kBarsUpTo;
    const places = [];
    points.mail.forEach((_, index) => {
        const kind = points.verdicts[points.verdict[index]];
        const px = x(points.started[index]);
        const trip = points.round_trip[index];
        const py = trip === null ? kinds.indexOf(kind) * kLane + kLane / 2 : y(trip);
        places.push([px, py]);
        const key = `${Math.round(px * 2)},${Math.round(py * 2)}`;
        if (seen.has(key)) return;
        seen.add(key);
        if (trip === null) {
            (failures[kind] ||= []).push(shape(kind, px, py, 4));
            return;
        }
        dots.push(`M${px.toFixed(1)} ${py.toFixed(1)}h0`);
        if (some && points.uncertainty[index] > 0) {
            const low = y(Math.max(trip - points.uncertainty[index], 1e-4));
            if (low - py > 3) bars.push(`M${px.toFixed(1)} ${py.toFixed(1)}V${low.toFixed(1)}`);
        }
    });
    return { dots, bars, failures, places };
}

function dotSize(number) {
    return number > 5000 ? 2.2 : number > 1000 ? 3 : number > 200 ? 4 : 5;
}

/** The mail nearest to a place in the chart, -1 if none is near. */
function nearest(places, px, py) {
    let found = -1, best = kNear * kNear;
    for (let index = 0; index < places.length; ++index) {
        const dx = places[index][0] - px, dy = places[index][1] - py;
        if (dx * dx + dy * dy < best) {
            best = dx * dx + dy * dy;
            found = index;
        }
    }
    return found;
}

function tip(points, index) {
    const kind = points.verdicts[points.verdict[index]];
    const trip = points.round_trip[index];
    return [el("span", { class: `verdict ${kind}` }, mark(kind), kind),
        trip === null ? null : ` ${duration(trip)} ±\u00a0${duration(points.uncertainty[index])}`,
        el("br"), instant(points.started[index]), el("br"),
        el("a", { href: `/mails/${points.mail[index]}`, tabindex: -1 }, "open this mail")];
}

/** Shows the mail under the pointer; a click opens it, a touch shows it first. */
function pointing(points, places) {
    const near = (event) => {
        const box = event.currentTarget.querySelector("svg").getBoundingClientRect();
        return nearest(places, event.clientX - box.left, event.clientY - box.top);
    };
    const reveal = (event, index) => {
        const figure = event.currentTarget;
        const note = figure.querySelector(".tip"), ring = figure.querySelector(".ring");
        ring.setAttribute("visibility", index < 0 ? "hidden" : "visible");
        figure.classList.toggle("hit", index >= 0);
        note.hidden = index < 0;
        if (index < 0) return;
        const [px, py] = places[index];
        ring.setAttribute("cx", px);
        ring.setAttribute("cy", py);
        note.replaceChildren(...tip(points, index).filter(Boolean));
        const left = Math.min(Math.max(px - 60, 4), figure.clientWidth - note.offsetWidth - 4);
        note.style.left = `${Math.max(left, 0)}px`;
        note.style.top = `${py + 12}px`;
    };
    return {
        onpointermove: (event) => {
            if (event.target.closest(".tip")) return;
            reveal(event, near(event));
        },
        onpointerleave: (event) => {
            if (event.pointerType === "mouse") reveal(event, -1);
        },
        onclick: (event) => {
            if (event.target.closest(".tip")) return;
            const index = near(event);
            const open = index >= 0 && event.pointerType !== "touch";
            if (open) location.assign(`/mails/${points.mail[index]}`);
            else reveal(event, index);
        },
    };
}

/** The chart as a <figure>. `points` as the API gives them; `words` names the window. */
export function latencyChart(points, { width, seconds, log, slo, words, key }) {
    const kinds = kVerdicts.slice(1).filter((kind) =>
        points.verdict.includes(points.verdicts.indexOf(kind)));
    const top = kinds.length * kLane + 6;
    const times = points.round_trip.filter((value) => value !== null);
    const reduce = (choose, start) => times.reduce((a, b) => choose(a, b), start);
    const longest = reduce(Math.max, 0), shortest = reduce(Math.min, Infinity);
    // A deadline far above all mails would press them to the ground of a linear axis.
    const limits = [points.deadline, slo].filter((limit) =>
        limit !== null && (log || limit <= 3 * Math.max(longest, 1e-3)));
    const low = Math.min(shortest, ...limits);
    const scale = durationScale(Number.isFinite(low) ? Math.max(low, 1e-3) : 1,
        Math.max(longest, ...limits, 1e-3), log, kPlot);
    const [from, to] = span(points, seconds);
    const layout = {
        width, top, kinds, scale,
        x: (at) => kLeft + (at - from) / (to - from) * (width - kLeft - kRight),
        y: (value) => top + kPlot - scale.place(value) * kPlot,
    };
    const height = top + kPlot + kBottom;
    const { dots, bars, failures, places } = drawn(points, layout);
    const picture = svg("svg", { class: "chart", role: "img", "aria-label": summary(points, words),
        viewBox: `0 0 ${width} ${height}`, width, height },
    scale.ticks.map((tick) => svg("g", {},
        svg("path", { class: "grid", d: `M${kLeft} ${layout.y(tick).toFixed(1)}H${width - kRight}` }),
        svg("text", { x: kLeft - 6, y: (layout.y(tick) + 4).toFixed(1), "text-anchor": "end" },
            durationLabel(tick)))),
    timeTicks(from, to, width - kLeft - kRight).map(({ at, text }) => svg("g", {},
        svg("path", { class: "grid", d: `M${layout.x(at).toFixed(1)} ${top}v${kPlot + 4}` }),
        layout.x(at) > width - 24 || layout.x(at) < kLeft + 8 ? null
            : svg("text", { x: layout.x(at).toFixed(1), y: height - 6, "text-anchor": "middle" }, text))),
    lanes(layout, kinds),
    line(layout, points.deadline, "deadline"), line(layout, slo, "slo"),
    svg("path", { class: "unsure", d: bars.join("") }),
    svg("path", { class: "dots", "stroke-width": dotSize(times.length), "data-points": dots.length,
        d: dots.join("") }),
    Object.entries(failures).map(([kind, marks]) =>
        svg("path", { class: `shape ${kind}`, "data-mails": marks.length, d: marks.join("") })),
    line(layout, points.deadline, "deadline", "deadline"), line(layout, slo, "slo", "good up to"),
    svg("circle", { class: "ring", r: 7, visibility: "hidden" }));
    return el("figure", { class: "latency", "data-key": key, ...pointing(points, places) }, picture,
        el("div", { class: "tip", hidden: true, "data-keep": true, "aria-hidden": "true" }));
}
