// SPDX-License-Identifier: Apache-2.0
// Which page is shown, its refreshes, and what all pages have: banners, footer, title.
import * as api from "./api.js";
import { el, show } from "./dom.js";
import { clock, day, instant } from "./format.js";
import { headline, overview } from "./overview.js";
import { mailPage } from "./mail.js";
import { probePage } from "./probe.js";

const node = (id) => document.getElementById(id);
let all = null, asOf = null, failure = null, timer = null, asking = null, said = null;

function pageOf(path) {
    const [, kind, name, rest] = path.split("/");
    if (path === "/") return overview({ again: draw });
    if (rest === undefined && name) {
        let word;
        try {
            word = decodeURIComponent(name);
        } catch {
            return null;
        }
        if (kind === "probes") return probePage(word, { reload });
        if (kind === "mails") return mailPage(word);
    }
    return null;
}

const page = pageOf(location.pathname);

function banner(kind, title, text) {
    return el("p", { class: `banner ${kind}`, "data-key": title }, el("strong", {}, title), " ", text);
}

/** What stands above everything; also what a screen reader is told when it changes. */
function banners() {
    const found = [];
    if (failure && failure.status === 0) {
        found.push(banner("bad", "mailprobed does not answer.", asOf
            ? `What you see is of ${day(asOf) === day(Date.now() / 1000) ? clock(asOf)
                : instant(asOf)}. It is asked again every few seconds.`
            : "It is asked again every few seconds."));
    } else if (failure && failure.status === 401) {
        found.push(banner("bad", "A login is needed.", "Load this page again to log in."));
    } else if (failure && failure.status !== 404) {
        found.push(banner("bad", "The data cannot be read now.", failure.message));
    }
    if (all && !all.journal_healthy) {
        found.push(banner("warn", "The ledger cannot be written.",
            "Probing goes on, but a crash would forget mails: look at the disk."));
    }
    return found;
}

function footer() {
    const link = (href, text) => el("li", {}, el("a", { href }, text));
    return el("ul", {},
        el("li", {}, `mailprobed ${all.version}`), el("li", {}, `instance ${all.instance}`),
        link("/metrics", "metrics"), link("/config", "configuration"),
        link("/-/healthy", "health"), link("/api/v1/openapi.json", "API"));
}

function announce(text) {
    if (text === said) return;
    // What is there when the page opens is read anyway.
    if (said !== null) node("said").textContent = text;
    said = text;
}

function draw() {
    const found = banners();
    show(node("banners"), found);
    node("main").classList.toggle("stale", Boolean(failure && failure.status !== 404));
    if (failure && failure.status === 404) {
        show(node("main"), el("h1", {}, "Not found"), el("p", {}, failure.message),
            el("p", {}, el("a", { href: "/" }, "All routes")));
    } else if (page && all && page.ready !== false) {
        show(node("main"), page.view());
    } else if (failure) {
        show(node("main"), el("h1", {}, "No data yet"));
    }
    if (!all) return;
    const { text, kind } = headline(all.probes);
    const crumbs = [el("a", { class: "brand", href: "/" }, "mailprobed"),
        el("span", { class: "muted" }, all.instance), page && page.crumbs ? page.crumbs() : null];
    show(node("crumbs"), crumbs);
    show(node("fresh"), asOf === null ? null : [
        el("span", { class: "muted" }, failure ? "as of " : "updated "),
        el("time", { datetime: new Date(asOf * 1000).toISOString(), title: instant(asOf) },
            clock(asOf))]);
    show(node("foot"), footer());
    const down = all.probes.filter((probe) => probe.state === "down").length;
    const here = page ? page.title() : "";
    document.title = [down ? `▼ ${down} down` : "", here, `mailprobed ${all.instance}`]
        .filter(Boolean).join(" · ");
    document.querySelector("link[rel=icon]").href =
        `/assets/${kind === "lost" ? "icon_down" : "icon"}.svg`;
    announce([...found.map((one) => one.textContent), page?.said ? page.said() : text].join(" "));
}

async function load() {
    const answer = await api.probes();
    api.setClock(answer.now);
    all = answer;
    if (!page) throw new api.ApiError(404, "There is no such page.");
    await page.load(answer);
}

/** Seconds to the next refresh: as often as there can be news. */
function pace() {
    if (page?.pace && page.pace()) return page.pace();
    const shortest = Math.min(...(all ? all.probes : []).map((probe) => probe.interval));
    return Math.min(30, Math.max(2, failure ? 5 : shortest));
}

async function refreshOnce() {
    clearTimeout(timer);
    try {
        await load();
        failure = null;
        asOf = api.now();
    } catch (error) {
        // A bug in here must not end the refreshes without a word.
        failure = error instanceof api.ApiError ? error : new api.ApiError(500, String(error));
        if (failure !== error) console.error(error);
    }
    try {
        draw();
    } catch (error) {
        console.error(error);
    }
    timer = document.hidden ? null : setTimeout(refresh, pace() * 1000);
}

/** Asks and draws; who asks while that is under way shares it. */
function refresh() {
    asking ||= refreshOnce().finally(() => {
        asking = null;
    });
    return asking;
}

/** After the reader asked for something else: what is under way still answers the old question. */
function reload() {
    return asking ? asking.then(refresh) : refresh();
}

let resized = null;
window.addEventListener("resize", () => {
    clearTimeout(resized);
    resized = setTimeout(draw, 150);
});
document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else refresh();
});
refresh();
