// SPDX-License-Identifier: Apache-2.0
// One shape for each verdict and state, the same everywhere: colour is never alone.
import { el, svg } from "./dom.js";

const kShapes = {
    delivered: (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`,
    send_failed: (x, y, r) =>
        `M${x - r} ${y - r}l${2 * r} ${2 * r}M${x - r} ${y + r}l${2 * r} ${-2 * r}`,
    bounced: (x, y, r) => `M${x} ${y - r}l${r} ${r}l${-r} ${r}l${-r} ${-r}z`,
    lost: (x, y, r) => `M${x - r} ${y - r}h${2 * r}l${-r} ${2 * r}z`,
    unobserved: (x, y, r) =>
        `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`,
    pending: (x, y, r) => `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`,
    // Looks: the mailbox was read and the mail was not there.
    absent: (x, y, r) => kShapes.unobserved(x, y, r - 1),
};

/** The outline of a verdict's mark around a point. */
export function shape(kind, x, y, r) {
    return kShapes[kind](+x.toFixed(1), +y.toFixed(1), r);
}

/** A mark to stand beside a word. */
export function mark(kind) {
    return svg("svg", { class: "mark", viewBox: "0 0 12 12", width: 12, height: 12,
        "aria-hidden": "true" },
    svg("path", { class: `shape ${kind}`, d: shape(kind, 6, 6, kind === "delivered" ? 4.5 : 4) }));
}

/** The mark of a probe's state: that of its last verdict. */
export function stateKind(probe) {
    if (probe.state === "up") return "delivered";
    if (probe.state === "new" || !probe.last) return "pending";
    return probe.last.verdict;
}

/** Mark and word of a verdict; null is a pending mail. */
export function verdictTag(verdict) {
    const kind = verdict || "pending";
    return el("span", { class: `verdict ${kind}` }, mark(kind), kind);
}
