// SPDX-License-Identifier: Apache-2.0
// The last mails of a probe in the height of a line: round trips are bars above the line, failures
// stand below it.
import { svg } from "./dom.js";
import { count, duration } from "./format.js";
import { shape } from "./marks.js";
import { kVerdicts } from "./words.js";

const kStep = 5, kPlaces = 60, kTop = 24, kHeight = 34;

function description(recent) {
    const counts = kVerdicts.map((kind) =>
        [kind, recent.filter((mail) => mail.verdict === kind).length]).filter(([, n]) => n);
    const times = recent.filter((mail) => mail.round_trip !== null).map((m) => m.round_trip);
    const range = times.length
        ? `; round trips ${duration(Math.min(...times))} to ${duration(Math.max(...times))}` : "";
    return `Last ${count(recent.length)}: ${counts.map(([k, n]) => `${n} ${k}`).join(", ")}${range}`;
}

/** The sparkline of a probe; the newest mail is at the right end. */
export function sparkline(probe) {
    const recent = probe.recent.slice(-kPlaces);
    const width = kStep * kPlaces;
    const longest = Math.max(...recent.map((mail) => mail.round_trip || 0), 1e-6);
    const bars = [], bands = {}, failures = {};
    recent.forEach((mail, index) => {
        const x = width - (recent.length - index) * kStep;
        if (mail.verdict === "delivered") {
            const height = Math.max(2, (mail.round_trip || 0) / longest * (kTop - 1));
            bars.push(`M${x + 0.5} ${kTop}v${-height.toFixed(1)}h4v${height.toFixed(1)}z`);
        } else {
            (bands[mail.verdict] ||= []).push(`M${x} 0h${kStep}v${kHeight}h-${kStep}z`);
            (failures[mail.verdict] ||= []).push(shape(mail.verdict, x + 2.5, kTop + 5.5, 2));
        }
    });
    return svg("svg", { class: "spark", role: "img", viewBox: `0 0 ${width} ${kHeight}`,
        width, height: kHeight, "aria-label": recent.length ? description(recent) : "No mail yet",
    },
    svg("path", { class: "axis", d: `M0 ${kTop + 0.5}H${width}` }),
    Object.entries(bands).map(([kind, parts]) =>
        svg("path", { class: `bands ${kind}`, d: parts.join("") })),
    svg("path", { class: "bars", d: bars.join("") }),
    Object.entries(failures).map(([kind, marks]) =>
        svg("path", { class: `shape ${kind}`, "data-mails": marks.length, d: marks.join("") })));
}
