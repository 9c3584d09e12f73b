// SPDX-License-Identifier: Apache-2.0
// A mail's life on one line: attempts, looks into mailboxes, when it became visible, deadline.
import { el, svg } from "./dom.js";
import { duration, many } from "./format.js";
import { mark, shape } from "./marks.js";
import { durationLabel, durationScale } from "./ticks.js";

const kLeft = 92, kRight = 24, kRow = 26, kLabels = 16;

/** The first look that was not over at an instant; one that read mails if there is any. */
function lookAt(looks, at) {
    const after = looks.filter((look) => look.began + look.took >= at);
    const reads = (look) => look.stages.some(({ stage }) => stage === "headers" || stage === "body");
    return after.find(reads) || after[0];
}

/** What a look told about this mail: seen, report, absent, failed or partial. */
export function outcome(look, mail) {
    if (mail.round_trip !== null && look === lookAt(mail.looks, mail.started + mail.round_trip)) {
        return "seen";
    }
    if (mail.verdict === "bounced" && look === lookAt(mail.looks, mail.judged)) return "report";
    if (look.cause) return "failed";
    return look.complete ? "absent" : "partial";
}

/** Words and mark of a look's outcome. */
export const kOutcomes = {
    seen: ["the mail was there", "delivered"],
    report: ["the report of non-delivery was there", "bounced"],
    absent: ["complete, the mail was not there", "absent"],
    failed: ["failed: proves nothing", "send_failed"],
    partial: ["incomplete: proves nothing", "pending"],
};

/** Whether it is known when the mail became visible. */
const seenBy = (mail) => mail.round_trip !== null && mail.looks.length > 0;

/** Whether it is known when its final dot was sent: else the ledger has nothing or the start. */
export const dotKnown = (mail) => mail.handed !== null && mail.handed !== mail.started;

function legend(looks, mail) {
    const found = Object.keys(kOutcomes).filter((kind) =>
        looks.some((look) => outcome(look, mail) === kind));
    return el("p", { class: "legend muted" }, found.map((kind, index) => [index ? "; " : "Looks: ",
        mark(kOutcomes[kind][1]), " ", kOutcomes[kind][0]]), found.length ? ". " : null,
    mail.attempts.length ? "A bar is an attempt" : null,
    dotKnown(mail) ? ", the stroke its final dot" : null,
    seenBy(mail) ? "; it became visible within the pale band" : null, ".");
}

/** The time line as a figure; `now` ends that of a pending mail. */
export function timeline(mail, { width, now }) {
    const end = (one) => one.began + one.took - mail.started;
    const limit = mail.deadline - mail.started;
    const known = Math.max(0.001, mail.judged === null ? now - mail.started : mail.round_trip || 0,
        ...mail.attempts.map(end), ...mail.looks.map(end),
        mail.verdict === "delivered" || mail.judged === null ? 0 : mail.judged - mail.started);
    const high = known > limit * 0.6 ? Math.max(known, limit) : known;
    const boxes = [...new Set(mail.looks.map((look) => look.mailbox))];
    const rows = ["sending", ...boxes];
    // Texts need 34 pixels in height and about 70 in width.
    const scale = durationScale(0, high, false, (width - kLeft - kRight) / 2);
    const x = (seconds) => +(kLeft + Math.max(0, Math.min(1, scale.place(seconds))) *
        (width - kLeft - kRight)).toFixed(1);
    const fell = mail.judged === null || mail.verdict === "delivered" ? null
        : mail.judged - mail.started;
    // A label each in a line of its own: they are often close to each other.
    const limited = limit <= high * 1.0001;
    const head = kLabels * ((limited ? 1 : 0) + (fell !== null ? 1 : 0));
    const middle = (row) => head + row * kRow + kRow / 2;
    const bottom = head + rows.length * kRow + 2;
    const counts = `${many(mail.attempts.length, "attempt")}, ${many(mail.looks.length, "look")}`;
    const seen = mail.round_trip;
    const upright = (at, kind, text, top) => svg("g", {},
        svg("path", { class: `limit ${kind}`, d: `M${x(at)} ${top + 2}V${bottom}` }),
        svg("text", { class: `limit ${kind}`, x: x(at) + (x(at) > width / 2 ? -4 : 4), y: top + 12,
            "text-anchor": x(at) > width / 2 ? "end" : "start" }, text));
    return el("figure", {}, svg("svg", { class: "chart", role: "img", width, height: bottom + 22,
        viewBox: `0 0 ${width} ${bottom + 22}`,
        "aria-label": `Time line of ${duration(high)}: ${counts}. The tables below have each.` },
    scale.ticks.map((tick) => svg("g", {},
        svg("path", { class: "grid", d: `M${x(tick)} ${head + 2}V${bottom + 3}` }),
        svg("text", { x: x(tick), y: bottom + 17, "text-anchor": "middle" }, durationLabel(tick)))),
    rows.map((name, row) => svg("text", { x: 0, y: middle(row) + 4 },
        name.length > 13 ? `${name.slice(0, 12)}…` : name)),
    !seenBy(mail) ? null : svg("rect", { class: "visible",
        x: x(seen - mail.uncertainty), width: Math.max(1.5, x(seen) - x(seen - mail.uncertainty)),
        y: head + 2, height: bottom - head - 2 }),
    mail.attempts.map((attempt) => svg("rect", { class: "span", x: x(attempt.began - mail.started),
        width: Math.max(2, x(end(attempt)) - x(attempt.began - mail.started)),
        y: middle(0) - 6, height: 12, rx: 2 })),
    !dotKnown(mail) ? null
        : svg("path", { class: "handed", d: `M${x(mail.handed - mail.started)} ${middle(0) - 9}v18` }),
    mail.looks.map((look) => {
        const kind = kOutcomes[outcome(look, mail)][1];
        const row = 1 + boxes.indexOf(look.mailbox);
        const from = x(look.began - mail.started), to = x(end(look));
        return svg("g", {}, svg("path", { class: "took", d: `M${from} ${middle(row)}H${to}` }),
            svg("path", { class: `shape ${kind}`,
                d: shape(kind, kind === "delivered" ? x(seen) : to, middle(row), 4) }));
    }),
    limited ? upright(limit, "deadline", "deadline", 0) : null,
    fell !== null ? upright(fell, "slo", "verdict", head - kLabels) : null), legend(mail.looks, mail));
}
