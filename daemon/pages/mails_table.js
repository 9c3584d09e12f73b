// SPDX-License-Identifier: Apache-2.0
// The list of a probe's mails, newest first.
import { el } from "./dom.js";
import { brief, measured, timeTag } from "./format.js";
import { verdictTag } from "./marks.js";
import { remarks } from "./words.js";

function row(mail) {
    return el("tr", { role: "row", "data-key": mail.mail },
        el("th", { scope: "row", role: "rowheader", class: "started" },
            el("a", { href: `/mails/${mail.mail}` }, timeTag(mail.started, brief(mail.started)))),
        el("td", { role: "cell", class: "what" }, verdictTag(mail.verdict)),
        el("td", { role: "cell", class: "number trip" },
            mail.verdict === "delivered" ? measured(mail.round_trip, mail.uncertainty) : null),
        el("td", { role: "cell", class: "remarks" }, remarks(mail).join(", ")),
        el("td", { role: "cell", class: "id" }, el("code", {}, mail.mail)));
}

/** The table; empty lists say so. */
export function mailsTable(mails) {
    if (!mails.length) return el("p", { class: "muted" }, "No such mails.");
    return el("div", { class: "frame" }, el("table", { class: "cards mails", role: "table" },
        el("caption", { class: "hidden" }, "Mails of this route, newest first"),
        el("thead", { role: "rowgroup" }, el("tr", { role: "row" },
            ["Started", "Verdict", "Round trip", "Remarks", "Mail"].map((title) =>
                el("th", { scope: "col", role: "columnheader",
                    class: title === "Round trip" ? "number" : null }, title)))),
        el("tbody", { role: "rowgroup" }, mails.map(row))));
}
