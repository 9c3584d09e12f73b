// SPDX-License-Identifier: Apache-2.0
// One conversation: its stages as a waterfall, and what was said.
import { el, svg } from "./dom.js";
import { duration } from "./format.js";
import { causeWords, stageWords } from "./words.js";

/** Stages below each other, each beginning where it began. */
export function waterfall(stages, took, caption) {
    const whole = Math.max(took, ...stages.map((stage) => stage.at + stage.took), 1e-6);
    const share = (seconds) => `${(100 * seconds / whole).toFixed(2)}%`;
    const cell = (...parts) => el("td", { role: "cell" }, parts);
    const number = (text, kind) => el("td", { role: "cell", class: `number ${kind}` }, text);
    const titles = [["Stage"], ["When", "wide"], ["After", "number after"], ["Took", "number"],
        ["Outcome", "outcome"]];
    return el("table", { class: "small waterfall", role: "table" }, el("caption", {}, caption),
        el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, titles.map(([title, kind]) =>
            el("th", { scope: "col", role: "columnheader", class: kind || null }, title)))),
        el("tbody", { role: "rowgroup" }, stages.map((stage) => el("tr",
            { role: "row", class: stage.cause ? "failed" : null },
            el("th", { scope: "row", role: "rowheader", title: stageWords(stage.stage) }, stage.stage),
            cell(svg("svg", { class: "bar", width: "100%", height: 12, "aria-hidden": "true" },
                svg("rect", { x: share(stage.at), y: 1, height: 10,
                    // What took no time is seen as well.
                    width: share(Math.max(stage.took, whole / 400)),
                    class: stage.cause ? "alarm" : null }))),
            number(duration(stage.at), "after"),
            number(duration(stage.took), ""),
            el("td", { role: "cell", class: "outcome" }, stage.cause
                ? [el("strong", { class: "alarm" }, `× ${stage.cause}`),
                    el("span", { class: "sub" }, causeWords(stage.cause))]
                : "ok")))));
}

const kSpeakers = { client: "by-client", server: "by-server" };

/** The lines of a conversation, each with who said it. */
export function transcript(lines, label) {
    return el("div", { class: "frame transcript", tabindex: 0, role: "region", "aria-label": label },
        el("table", {}, el("caption", { class: "hidden" }, label),
            el("thead", { class: "hidden" }, el("tr", {}, ["Seconds", "Who", "Text"].map((title) =>
                el("th", { scope: "col" }, title)))),
            el("tbody", {}, lines.map((line) => el("tr", { class: kSpeakers[line.who] || null },
                el("td", { class: "number" }, line.at.toFixed(3)),
                el("td", {}, line.who),
                el("td", {}, el("code", {}, line.text)))))));
}
