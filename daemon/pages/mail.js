// SPDX-License-Identifier: Apache-2.0
// The page of one mail: its verdict in words, and everything that it rests on.
import * as api from "./api.js";
import { transcript, waterfall } from "./conversation.js";
import { el } from "./dom.js";
import { age, brief, clock, count, duration, instant, many, measured, round, timeTag } from "./format.js";
import { mark } from "./marks.js";
import { dotKnown, kOutcomes, outcome, timeline } from "./timeline.js";
import { causeWords, claim, evidenceWords, stageWords, unanswered } from "./words.js";

// So long may a mail that was just asked for stay unknown.
const kPatience = 10;

function fact(title, ...value) {
    return el("div", {}, el("dt", {}, title), el("dd", {}, value));
}

function handedOver(mail) {
    if (dotKnown(mail)) {
        return fact("Handed over after", duration(mail.handed - mail.started));
    }
    const open = unanswered(mail) || (mail.progress === "intended" && mail.verdict !== "send_failed");
    return fact("Handed over", open || mail.handed !== null ? "not known" : "never");
}

function facts(mail) {
    return el("dl", { class: "facts" },
        fact("Route", el("a", { href: `/probes/${encodeURIComponent(mail.probe)}` }, mail.probe)),
        fact("Started", timeTag(mail.started, instant(mail.started))),
        mail.round_trip === null ? null
            : fact("Round trip", measured(mail.round_trip, mail.uncertainty)),
        handedOver(mail),
        mail.judged === null ? null
            : fact("Judged after", duration(mail.judged - mail.started)),
        fact("Deadline after", round(+(mail.deadline - mail.started).toFixed(3))),
        mail.attempt > 1 ? fact("Attempt", mail.attempt) : null,
        mail.stage ? fact("Failed at", `${mail.stage}: ${mail.cause}`,
            el("span", { class: "sub" }, `${stageWords(mail.stage)}: ${causeWords(mail.cause)}`)) : null,
        mail.status_class ? fact("Kind of bounce", mail.status_class) : null,
        mail.body ? fact("Body", mail.body) : null);
}

/** What qualifies the verdict, a sentence each. */
function notes(mail) {
    return [
        mail.body === "altered" ? "Its body was not the one that was sent." : null,
        mail.body === "unread" ? "It vanished before its body could be read." : null,
        mail.unmeasured ? "Looks that failed widened the uncertainty, so the round trip does not " +
            "count in the histogram." : null,
        mail.deadline_uncertain ? "The deadline lies within the uncertainty: it may have come just " +
            "after it." : null,
        mail.at_risk ? "It was sent while the ledger could not be written." : null,
        ...Object.entries(mail.evidence).map(([kind, times]) =>
            `After the verdict (${kind}${times > 1 ? ` ×${times}` : ""}): ${evidenceWords(kind)}`),
    ].filter(Boolean);
}

function hops(mail) {
    if (!mail.hops || !mail.hops.length) return null;
    let before = null;
    return el("section", { "aria-labelledby": "hops" }, el("h2", { id: "hops" }, "Hops"),
        el("p", { class: "note" }, el("strong", {}, "Other servers’ clocks. "),
            "These are the Received fields of the mail: what other servers claim, by their own " +
            "clocks. No latency here rests on them."),
        el("table", { class: "small" }, el("caption", { class: "hidden" }, "Hops, first one first"),
            el("thead", {}, el("tr", {}, ["Server", "Took it at", "After the hop before"].map((title) =>
                el("th", { scope: "col" }, title)))),
            el("tbody", {}, mail.hops.map((hop) => {
                const step = hop.at !== null && before !== null ? duration(hop.at - before) : "–";
                if (hop.at !== null) before = hop.at;
                return el("tr", {}, el("th", { scope: "row" }, hop.by),
                    el("td", {}, hop.at === null ? "not told" : timeTag(hop.at, brief(hop.at))),
                    el("td", {}, step));
            }))));
}

function words(lines, label, open) {
    if (!lines || !lines.length) return null;
    return el("details", { open }, el("summary", {}, label), transcript(lines, label));
}

function attempts(mail) {
    if (!mail.attempts.length) return null;
    return el("section", { "aria-labelledby": "attempts" }, el("h2", { id: "attempts" }, "Sending"),
        mail.attempts.map((one) => [
            waterfall(one.stages, one.took, `Attempt ${one.attempt}, began at ` +
                `${clock(one.began, 3)}, took ${duration(one.took)}`),
            words(one.transcript, `What was said in attempt ${one.attempt}`,
                mail.verdict !== "delivered" && one === mail.attempts.at(-1)),
        ]));
}

function lookDetails(look, label) {
    if (!look.stages.length && !look.transcript) return null;
    return el("details", {}, el("summary", {}, "Stages", look.transcript ? " and words" : ""),
        waterfall(look.stages, look.took, label),
        look.transcript?.length ? transcript(look.transcript, `${label}: what was said`) : null);
}

function lookRow(mail, look, index) {
    const kind = outcome(look, mail);
    const label = `Look ${index + 1} into ${look.mailbox}`;
    return el("tr", { role: "row", "data-key": `look ${look.began} ${look.mailbox}` },
        el("th", { scope: "row", role: "rowheader", class: "number started" },
            el("span", { title: instant(look.began, 3) }, duration(look.began - mail.started))),
        el("td", { role: "cell", class: "what" }, mark(kOutcomes[kind][1]), " ", kOutcomes[kind][0],
            look.cause ? el("span", { class: "sub" },
                `${look.stage}: ${look.cause} (${causeWords(look.cause)})`) : null),
        el("td", { role: "cell", "data-label": "in " }, look.mailbox),
        el("td", { role: "cell", class: "number", "data-label": "took " }, duration(look.took)),
        el("td", { role: "cell", class: "number", "data-label": "messages " }, look.messages === null ? "–" : count(look.messages)),
        el("td", { role: "cell", class: "more" }, lookDetails(look, label)));
}

function looks(mail) {
    if (!mail.looks.length) return null;
    const titles = [["After", "number"], ["Outcome"], ["Mailbox"], ["Took", "number"],
        ["Messages", "number"], ["Details"]];
    return el("section", { "aria-labelledby": "looks" }, el("h2", { id: "looks" }, "Looks"),
        el("p", { class: "muted" }, `${many(mail.looks.length, "look")} while the mail was pending` +
            `${mail.looks.length >= 200 ? "; only these are kept" : ""}. Times count from its start.`),
        el("div", { class: "frame" }, el("table", { class: "cards looks", role: "table" },
            el("caption", { class: "hidden" }, "Looks into the mailbox, first one first"),
            el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, titles.map(([title, kind]) =>
                el("th", { scope: "col", role: "columnheader", class: kind || null }, title)))),
            el("tbody", { role: "rowgroup" },
                mail.looks.map((look, index) => lookRow(mail, look, index))))));
}

/** The page of the mail `id`. */
export function mailPage(id) {
    const asked = Number(new URLSearchParams(location.search).get("new"));
    let mail = null, starting = false;

    async function load() {
        starting = false;
        // A verdict never changes, but evidence may follow it.
        try {
            mail = await api.mail(id);
        } catch (error) {
            // What cannot be the name of a mail is none.
            if (error.status === 400) throw new api.ApiError(404, error.message);
            starting = error.status === 404 && !mail && Math.abs(api.now() - asked) < kPatience;
            if (!starting) throw error;
        }
    }

    function view() {
        if (starting) return [el("h1", {}, `Mail ${id}`), el("p", {}, "It is being started…")];
        const kind = mail.verdict || "pending";
        const width = Math.max(300, document.getElementById("main").clientWidth);
        const bare = !mail.attempts.length && !mail.looks.length;
        return [
            el("h1", { class: kind }, mark(kind), kind,
                el("span", { class: "state" }, ` · mail ${mail.mail} of ${mail.probe}`)),
            el("p", { class: "claim" }, claim(mail)),
            notes(mail).map((text) => el("p", { class: "note" }, text)),
            mail.detail ? el("p", { class: `detail ${kind}` },
                el("span", { class: "muted" }, unanswered(mail) ? "On record: " : "The server’s words: "),
                el("q", {}, mail.detail)) : null,
            mail.access === "public" ? el("p", { class: "note" },
                el("strong", {}, "Not all is shown. "), "What servers said, the transcripts and the hops " +
                "may hold names and addresses; they are for people on the machine of mailprobed (ask " +
                "for localhost) and for those who log in.") : null,
            facts(mail),
            bare ? el("p", { class: "muted" }, mail.verdict === null
                ? `Nothing has been recorded yet, ${age(api.now() - mail.started)} after the start.`
                : "The details of this mail are no longer kept; failed mails keep theirs longer than " +
                    "good ones.")
                : el("section", { "aria-labelledby": "life" }, el("h2", { id: "life" }, "Time line"),
                    timeline(mail, { width, now: api.now() })),
            attempts(mail), looks(mail), hops(mail),
        ];
    }

    return {
        load, view,
        get ready() {
            return mail !== null || starting;
        },
        title: () => mail ? `${mail.verdict || "pending"} ${mail.probe}` : id,
        said: () => mail ? `Mail ${mail.verdict || "pending"}` : "",
        pace: () => mail && mail.verdict !== null ? 30 : 2,
        crumbs: () => mail ? [el("a", { href: `/probes/${encodeURIComponent(mail.probe)}` }, mail.probe),
            el("span", {}, "mail")] : null,
    };
}
