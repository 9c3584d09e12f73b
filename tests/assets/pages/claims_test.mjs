// SPDX-License-Identifier: Apache-2.0
// What the status page says of mails and numbers, against a mock: nothing that nobody can know.
//     node claims_test.mjs [folder with the pages [openapi.json]]
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { done, launch, open } from "./lib/browser.mjs";
import { Mock } from "./lib/mock.mjs";
import { aRoute } from "./lib/weather.mjs";

const kSource = fileURLToPath(new URL("../../../daemon/pages", import.meta.url));
const kPages = process.argv[2] || process.env.PAGES || kSource;
const kOpenApi = process.argv[3] || path.join(kSource, "openapi.json");
const now = () => Date.now() / 1000;
let mock, browser;

before(async () => {
    mock = await new Mock(kPages, kOpenApi).start();
    browser = await launch();
});
after(async () => {
    await browser?.close();
    await mock?.stop();
});
beforeEach(() => {
    mock.error = undefined;
    mock.asked = [];
    mock.scene = { routes: [aRoute("route", { now: now(), pending: 1, verdict: () => "delivered" })] };
});

/** A module of the pages called in a browser that lives in a time zone. */
async function call(file, name, calls, zone = "UTC") {
    const page = await open(browser, mock.url, { timezoneId: zone });
    const found = await page.evaluate(async ([from, what, all]) => {
        const module = await import(from);
        return all.map((one) => module[what](...one));
    }, [`/assets/${file}`, name, calls]);
    await done(page);
    return found;
}

// Newer mails of a route, the last one pending.
let made = 0;
function arrive(route, number) {
    const began = Math.max(now(), route.all.at(-1).started + 0.001);
    for (let index = 0; index < number; ++index) {
        route.all.push({ ...route.all.at(-1), mail: (0xabc0000 + ++made).toString(16).padStart(16, "0"),
            started: began + index * 0.001 });
    }
}

const shown = (page) => page.locator(".mails tbody tr")
    .evaluateAll((rows) => rows.map((row) => row.dataset.key));
const newest = (route, number) => [...route.all].reverse().slice(0, number).map(({ mail }) => mail);

test("new mails push none out of the middle of the list, however many come", async () => {
    const route = Object.assign(mock.scene.routes[0], { interval: 1 });
    const page = await open(browser, `${mock.url}/probes/route`);
    const until = (number) => page.waitForFunction(([count, first]) => {
        const rows = document.querySelectorAll(".mails tbody tr");
        return rows.length === count && rows[0].dataset.key === first;
    }, [number, route.all.at(-1).mail]);
    const older = page.getByRole("button", { name: "Older mails" });
    await older.click();
    await until(50);
    const waiting = route.all.at(-1);
    for (const [come, listed] of [[3, 53], [60, 113]]) {
        arrive(route, come);
        await until(listed);
        assert.deepEqual(await shown(page), newest(route, listed));
    }
    // What is far down gets its verdict, too.
    Object.assign(waiting, { verdict: "lost", judged: now() });
    await page.waitForSelector(`tr[data-key="${waiting.mail}"] .lost`);
    for (const listed of [138, 163, 164]) {
        await older.click();
        await until(listed);
    }
    assert.equal(await older.count(), 0, "nothing is older");
    // More than is asked for at once: the end is cut, and offered again.
    arrive(route, 1100);
    await until(1000);
    assert.deepEqual(await shown(page), newest(route, 1000));
    await older.click();
    await until(1025);
    assert.deepEqual(await shown(page), newest(route, 1025));
    await done(page);
});

test("mails that come while older ones are asked for leave no gap", async () => {
    const route = Object.assign(mock.scene.routes[0], { interval: 1 });
    const page = await open(browser, `${mock.url}/probes/route`);
    const first = newest(route, 1)[0];
    let released;
    const held = new Promise((release) => {
        released = release;
    });
    await page.route(/before=/, async (request) => {
        await held;
        await request.continue();
    });
    await page.getByRole("button", { name: "Older mails" }).click();
    arrive(route, 40);
    await page.waitForFunction((old) =>
        document.querySelector(".mails tbody tr").dataset.key !== old, first);
    released();
    await page.waitForFunction(() => document.querySelectorAll(".mails tbody tr").length === 90);
    assert.deepEqual(await shown(page), newest(route, 90));
    await done(page);
});

// An instant of 2026 by a clock that is so many hours ahead of UTC.
const local = (zone, month, day, hour) =>
    Date.UTC(2026, month - 1, day) / 1000 + (hour - zone) * 3600;

test("labels of days are those of the calendar, across both changes of the clock", async () => {
    const week = (zone, month, day) => [local(zone, month, day, 10) - 7 * 86400,
        local(zone, month, day, 10), 1000];
    const texts = async (...of) => (await call("ticks.js", "timeTicks", of, "Europe/Berlin"))
        .map((ticks) => ticks.map(({ text }) => text).join(" "));
    const [autumn, spring, month] = await texts(week(1, 10, 29), week(2, 4, 1),
        [local(2, 10, 1, 10), local(1, 10, 31, 10), 1000]);
    assert.equal(autumn, "10-23 10-24 10-25 10-26 10-27 10-28 10-29");
    assert.equal(spring, "03-26 03-27 03-28 03-29 03-30 03-31 04-01");
    assert.equal(month, "10-04 10-09 10-14 10-19 10-24 10-29");
    // There the clock changes at midnight.
    for (const last of [local(-4, 3, 11, 10), local(-5, 11, 4, 10)]) {
        const [ticks] = await call("ticks.js", "timeTicks", [[last - 7 * 86400, last, 1000]],
            "America/Havana");
        assert.equal(ticks.length, 7);
        assert.equal(new Set(ticks.map(({ text }) => text)).size, 7);
    }
});

test("labels of hours stand at round local times, across both changes of the clock", async () => {
    const texts = async (zone, from, to) => {
        const [ticks] = await call("ticks.js", "timeTicks", [[from, to, 1000]], zone);
        return ticks.map(({ text }) => text).join(" ");
    };
    assert.equal(await texts("Europe/Berlin", local(2, 10, 24, 17), local(1, 10, 25, 19)),
        "18:00 21:00 10-25 03:00 06:00 09:00 12:00 15:00 18:00");
    assert.equal(await texts("Europe/Berlin", local(1, 3, 28, 17), local(2, 3, 29, 19)),
        "18:00 21:00 03-29 03:00 06:00 09:00 12:00 15:00 18:00");
    // The hour after two comes twice, and both have labels.
    assert.equal(await texts("Europe/Berlin", local(2, 10, 25, 1.9), local(1, 10, 25, 3.1)),
        "02:00 02:15 02:30 02:45 02:00 02:15 02:30 02:45 03:00");
    assert.equal(await texts("Australia/Lord_Howe", local(11, 4, 5, 0), local(10.5, 4, 5, 4)),
        "04-05 00:30 01:00 01:30 01:30 02:00 02:30 03:00 03:30 04:00");
});

test("only a mail that was just asked for is said to be started", async () => {
    const text = async (address, tolerate) => {
        const page = await open(browser, mock.url + address, { tolerate: [tolerate] });
        const found = `${await page.textContent("#banners")} ${await page.textContent("main")} ` +
            await page.textContent("#fresh");
        await done(page);
        assert.doesNotMatch(found, /1970|as of \d/, "nothing was read yet");
        return found;
    };
    const unknown = "/mails/00000000000f00d1";
    assert.match(await text("/mails/12", /400/), /Not found.*16 hexadecimal digits/);
    assert.match(await text(`${unknown}?new=${Math.round(now())}`, /404/), /It is being started/);
    for (const old of ["", "?new", `?new=${Math.round(now()) - 60}`]) {
        assert.match(await text(unknown + old, /404/), /Not found.*there is no mail/, old);
    }
    mock.scene.unread = "/api/v1/mails/";
    for (const address of [unknown, `/mails/${mock.scene.routes[0].all[0].mail}`,
        `${unknown}?new=${Math.round(now())}`]) {
        const found = await text(address, /503/);
        assert.match(found, /The data cannot be read now.*No data yet/);
        assert.doesNotMatch(found, /being started/);
    }
});

test("nothing is claimed of an answer that nobody knows", async () => {
    const mail = { progress: "intended", verdict: null, stage: null, cause: null, deadline: 0 };
    const failed = { ...mail, verdict: "send_failed", stage: "accept" };
    const open = ["timeout", "reset", "eof", "interrupted", "internal"];
    const refused = [["accept", "rejected_transient"], ["accept", "rejected_permanent"],
        ["data", "timeout"], ["auth", "auth_rejected"]];
    const say = async (...mails) => call("words.js", "claim", mails.map((one) => [one]));
    for (const text of await say(...open.map((cause) => ({ ...failed, cause })),
        { ...failed, cause: "timeout", progress: "unconfirmed" })) {
        assert.match(text, /^Nobody knows whether the server took it: .* missing \(.*first complete look/);
        assert.doesNotMatch(text, /never took|did not answer/);
    }
    for (const text of await say(...refused.map(([stage, cause]) => ({ ...failed, stage, cause })))) {
        assert.match(text, /^The server never took responsibility/);
    }
    const [sending, cut, taken] = await say(mail, { ...mail, progress: "unconfirmed", stage: "accept",
        cause: "interrupted" }, { ...mail, progress: "accepted" });
    assert.match(sending, /^No answer of the server is on record: it is being sent, or mailprobed was/);
    assert.match(cut, /^Nobody knows whether the server took it: .*mailprobed itself was stopped/);
    assert.match(taken, /^The server accepted it/);
    const bounced = { ...mail, verdict: "bounced" };
    const [known, ...unknown] = await say({ ...bounced, progress: "accepted" }, bounced,
        { ...bounced, progress: "unconfirmed" }, { ...bounced, progress: "retry" });
    assert.match(known, /^The server accepted it; then a report/);
    for (const text of unknown) {
        assert.match(text, /^A report came.*That the server had accepted it is not on record/);
    }
});

test("when a mail was handed over is not told where the ledger has only its start", async () => {
    const [sent] = mock.scene.routes[0].all;
    for (const [mail, handed, text, words] of [
        [{ verdict: "send_failed", progress: "intended", stage: "accept", cause: "interrupted" },
            sent.started, /Handed overnot known/, /On record: /],
        [{ verdict: null, judged: null, progress: "intended" }, null, /Handed overnot known/, /./],
        [{ verdict: "send_failed", progress: "intended", stage: "auth", cause: "auth_rejected" },
            null, /Handed overnever/, /The server’s words: /],
        [{ verdict: "lost", progress: "accepted", stage: null, cause: null }, sent.started + 0.3,
            /Handed over after300\sms.*the stroke its final dot/, /The server’s words: /],
    ]) {
        Object.assign(sent, { round_trip: null, uncertainty: null, body: null, judged: now() }, mail);
        mock.scene.more = { handed };
        const page = await open(browser, `${mock.url}/mails/${sent.mail}`);
        const found = await page.textContent("main");
        assert.match(found, text);
        assert.match(found, words);
        if (text.source.includes("not known")) assert.doesNotMatch(found, /the stroke its/);
        await done(page);
    }
});

test("only all are 100 %, and only none are 0 %", async () => {
    const shares = [null, 0, 0.000001, 0.0009, 0.001, 0.5, 0.999, 0.999999, 1];
    const texts = await call("format.js", "percent", shares.map((share) => [share]));
    assert.deepEqual(texts.map((text) => text.replace("\u00a0", "")),
        ["–", "0%", "<0.1%", "<0.1%", "0.1%", "50.0%", "99.90%", "99.99%", "100%"]);
});

test("the mock has kept to the API", () => assert.equal(mock.error, undefined));
