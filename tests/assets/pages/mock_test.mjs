// SPDX-License-Identifier: Apache-2.0
// The status page against a mock: states that are hard to make with a real daemon.
//     node mock_test.mjs [folder with the pages [openapi.json]]
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { axe, done, fit, kPhone, launch, open, overhang } from "./lib/browser.mjs";
import { Mock } from "./lib/mock.mjs";
import { aRoute, kHostile } from "./lib/weather.mjs";

const kSource = fileURLToPath(new URL("../../../daemon/pages", import.meta.url));
const kPages = process.argv[2] || process.env.PAGES || kSource;
const kOpenApi = process.argv[3] || path.join(kSource, "openapi.json");
const up = () => "delivered";
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
});

function mixed() {
    return [
        aRoute("healthy", { now: now(), seed: 1, verdict: up }),
        aRoute("lossy", { now: now(), seed: 2, pending: 1,
            verdict: (index, all, random) => index >= all - 3 ? "lost"
                : random() < 0.05 ? "bounced" : "delivered" }),
        aRoute("refused", { now: now(), seed: 3, mails: 10, verdict: () => "send_failed" }),
        aRoute("blind", { now: now(), seed: 4,
            verdict: (index, all) => index >= all - 5 ? "unobserved" : "delivered" }),
        aRoute("fresh", { now: now(), seed: 5, mails: 0, pending: 1, verdict: up }),
    ];
}

const idOf = (scene, name, verdict) => scene.find((route) => route.name === name).all
    .findLast((mail) => mail.verdict === verdict).mail;
const names = (page) => page.locator(".probes tbody th a").allTextContents();

test("the pages weigh at most 100 KB without data", () => {
    const files = fs.readdirSync(kPages).filter((name) => name !== "openapi.json");
    const weigh = (name) => fs.statSync(path.join(kPages, name)).size;
    const weight = files.reduce((sum, name) => sum + weigh(name), 0);
    for (const name of files) console.log(`${String(weigh(name)).padStart(7)}  ${name}`);
    console.log(`${String(weight).padStart(7)}  bytes in ${files.length} files, uncompressed`);
    assert.ok(weight <= 100_000);
});

test("one sentence says how many routes are in trouble, which, since when and why", async () => {
    mock.scene = { routes: mixed() };
    const page = await open(browser, mock.url);
    assert.equal(await page.textContent("h1"),
        "2 of 5 routes do not deliver, 1 cannot be observed, 1 has no verdict yet");
    const lines = await page.locator(".troubles li").allTextContents();
    assert.match(lines[0], /^refused send_failed \(auth: auth_rejected\), since .*10 mails in a row$/);
    assert.match(lines[1], /^lossy lost, since \d\d:\d\d:\d\d \(\d/);
    assert.match(lines[2], /^blind unobserved/);
    assert.match(await page.title(), /^▼ 3 down · mailprobed mock$/);
    assert.match(await page.getAttribute("link[rel=icon]", "href"), /icon_down/);
    await done(page);

    mock.scene = { routes: [1, 2, 3].map((seed) => aRoute(`r${seed}`, { now: now(), seed, verdict: up })) };
    const calm = await open(browser, mock.url);
    assert.equal(await calm.textContent("h1"), "All 3 routes deliver");
    assert.equal(await calm.title(), "mailprobed mock");
    await done(calm);
});

test("the worst routes come first; columns sort by button, and the order survives a reload", async () => {
    mock.scene = { routes: mixed() };
    const page = await open(browser, mock.url);
    assert.deepEqual(await names(page), ["refused", "lossy", "blind", "fresh", "healthy"]);
    assert.equal(await page.getAttribute("th[aria-sort]", "aria-sort"), "ascending");
    await page.getByRole("button", { name: "Route" }).focus();
    await page.keyboard.press("Enter");
    assert.deepEqual(await names(page), ["blind", "fresh", "healthy", "lossy", "refused"]);
    assert.match(await page.textContent("th[aria-sort]"), /Route/);
    await page.keyboard.press("Enter");
    assert.deepEqual(await names(page), ["refused", "lossy", "healthy", "fresh", "blind"]);
    assert.equal(await page.getAttribute("th[aria-sort]", "aria-sort"), "descending");
    await page.reload();
    await page.waitForSelector("h1.headline");
    assert.deepEqual(await names(page), ["refused", "lossy", "healthy", "fresh", "blind"]);
    await page.getByRole("button", { name: "Delivered 1 h" }).click();
    assert.equal((await names(page))[0], "refused");
    await done(page);
});

test("failures are marked in the sparkline by shape, each kind as often as it happened", async () => {
    mock.scene = { routes: mixed() };
    const page = await open(browser, mock.url);
    const marks = (name, kind) => page.getAttribute(
        `tr[data-key=${name}] .spark .shape.${kind}`, "data-mails");
    assert.equal(await marks("lossy", "lost"), "3");
    assert.equal(await marks("blind", "unobserved"), "5");
    assert.equal(await marks("refused", "send_failed"), "10");
    assert.match(await page.getAttribute("tr[data-key=blind] .spark", "aria-label"),
        /^Last 60: 55 delivered, 5 unobserved; round trips /);
    await done(page);
});

test("more than ten routes can be filtered by name, label and state", async () => {
    const routes = Array.from({ length: 200 }, (_, index) => aRoute(`route-${index}`, { now: now(),
        seed: index + 1, mails: 60, labels: { team: index % 2 ? "odd" : "even" },
        verdict: (i, n) => index === 7 && i === n - 1 ? "lost" : "delivered" }));
    mock.scene = { routes };
    const page = await open(browser, mock.url);
    assert.equal((await names(page)).length, 200);
    await page.getByLabel("Filter").fill("team=odd down");
    assert.deepEqual(await names(page), ["route-7"]);
    assert.match(await page.textContent(".tools [role=status]"), /1 of 200/);
    await page.reload();
    await page.waitForSelector("h1.headline");
    assert.deepEqual(await names(page), ["route-7"]);
    assert.equal(await overhang(page), 0);
    await done(page);
    mock.scene = { routes: mixed() };
    const few = await open(browser, mock.url);
    assert.equal(await few.getByLabel("Filter").count(), 0);
    await done(few);
});

test("a refresh keeps focus and order, and tells a screen reader only what is new", async () => {
    mock.scene = { routes: mixed().map((route) => ({ ...route, interval: 1 })) };
    const page = await open(browser, mock.url);
    await page.locator("tr[data-key=lossy] th a").focus();
    const before = mock.asked.length;
    const first = await page.textContent("#fresh");
    await page.waitForFunction((old) => document.getElementById("fresh").textContent !== old, first);
    assert.ok(mock.asked.length > before);
    assert.equal(await page.textContent("#said"), "");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "lossy");
    // Its first mail arrives: another headline, and the row moves.
    mock.scene.routes[4] = { ...aRoute("fresh", { now: now(), seed: 5, mails: 1, verdict: up }), interval: 1 };
    await page.waitForFunction(() => document.getElementById("said").textContent.includes("routes"));
    assert.equal(await page.textContent("#said"), "2 of 5 routes do not deliver, 1 cannot be observed");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "lossy");
    await done(page);
});

test("a hidden page asks nothing, and asks at once when it is seen again", async () => {
    mock.scene = { routes: mixed().map((route) => ({ ...route, interval: 1 })) };
    const page = await open(browser, mock.url);
    const pretend = (hidden) => page.evaluate((value) => {
        Object.defineProperty(document, "hidden", { value, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
    await pretend(true);
    const asked = mock.asked.length;
    // Longer than the time between two refreshes.
    await page.waitForTimeout(2600);
    assert.equal(mock.asked.length, asked);
    const question = page.waitForRequest(/api\/v1\/probes$/, { timeout: 1000 });
    await pretend(false);
    await question;
    await done(page);
});

test("a daemon that does not answer is told, with the time of the last data, until it does", async () => {
    mock.scene = { routes: mixed().map((route) => ({ ...route, interval: 1 })) };
    const page = await open(browser, mock.url, { tolerate: [/Failed to load resource|ERR_/] });
    mock.scene.refuse = true;
    await page.waitForSelector(".banner.bad");
    assert.match(await page.textContent(".banner.bad"),
        /mailprobed does not answer\. What you see is of \d\d:\d\d:\d\d/);
    assert.match(await page.textContent("#said"), /does not answer/);
    assert.equal((await names(page)).length, 5);
    assert.deepEqual(await axe(page), []);
    mock.scene.refuse = false;
    await page.waitForSelector(".banner.bad", { state: "detached" });
    await done(page);
});

test("a journal that does not work shows a banner", async () => {
    mock.scene = { routes: mixed(), top: { journal_healthy: false } };
    const page = await open(browser, mock.url);
    assert.match(await page.textContent(".banner.warn"), /ledger cannot be written/);
    await done(page);
});

test("words of servers are text, on every page", async () => {
    const bad = aRoute(kHostile, { now: now(), mails: 4, labels: { team: kHostile }, from: kHostile,
        to: kHostile, verdict: (index) => ["delivered", "bounced", "lost", "send_failed"][index] });
    for (const mail of bad.all) if (mail.cause) mail.cause = kHostile;
    mock.scene = { routes: [bad], words: kHostile,
        top: { instance: kHostile, version: kHostile } };
    const where = ["/", `/probes/${encodeURIComponent(kHostile)}`,
        ...bad.all.map((mail) => `/mails/${mail.mail}`)];
    for (const address of where) {
        const page = await open(browser, mock.url + address, { size: kPhone });
        for (const more of await page.locator("summary").all()) await more.click();
        assert.match(await page.textContent("body"), /<img src=x onerror/);
        assert.equal(await page.evaluate(() => window.pwned), undefined, address);
        assert.equal(await page.locator("main img, main script").count(), 0);
        for (const who of await page.locator(".transcript:visible td:nth-child(2)").all()) {
            // A word a line: it must not be broken to make room for the server's.
            assert.ok(await who.evaluate((cell) => cell.querySelector("code") || cell.clientWidth > 25));
        }
        assert.equal(await overhang(page), 0, `${address} scrolls sideways`);
        await done(page);
    }
});

test("twenty thousand points are few elements, drawn at once and found", async () => {
    const long = aRoute("long", { now: now(), mails: 20000, interval: 120, seed: 9,
        verdict: (index, all, random) => random() < 0.01 ? "lost" : random() < 0.01 ? "unobserved"
            : "delivered" });
    mock.scene = { routes: [long] };
    const page = await open(browser, mock.url);
    await page.goto(`${mock.url}/probes/long?window=30d`);
    await page.waitForSelector(".chart .dots");
    const took = await page.evaluate(() => new Promise((found) => {
        // A change of the scale draws everything anew.
        const began = performance.now();
        const before = document.querySelector(".dots").getAttribute("d");
        document.querySelector(".legend button").click();
        const look = () => document.querySelector(".dots").getAttribute("d") === before
            ? requestAnimationFrame(look) : setTimeout(() => found(performance.now() - began), 0);
        look();
    }));
    console.log(`20,000 points: drawn anew in ${took.toFixed(0)} ms`);
    // An element for each point would be what makes it slow, on any machine.
    assert.ok(await page.locator(".chart *").count() < 1000);
    assert.ok(took < 10000);
    const box = await page.locator(".chart").boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height - 60);
    await page.waitForSelector(".tip:visible");
    assert.match(await page.textContent(".tip"), /delivered/);
    await page.mouse.click(box.x + box.width / 2, box.y + box.height - 60);
    await page.waitForURL(/\/mails\/[0-9a-f]{16}$/);
    await done(page);
});

test("the chart marks every failure in the lane of its verdict, and tells the sums in words", async () => {
    mock.scene = { routes: mixed() };
    const page = await open(browser, `${mock.url}/probes/lossy`);
    const lost = mock.scene.routes[1].all.filter((mail) => mail.verdict === "lost").length;
    const bounced = mock.scene.routes[1].all.filter((mail) => mail.verdict === "bounced").length;
    assert.equal(await page.getAttribute(".chart > .shape.lost", "data-mails"), String(lost));
    assert.equal(await page.getAttribute(".chart > .shape.bounced", "data-mails"), String(bounced));
    assert.match(await page.getAttribute(".chart", "aria-label"),
        new RegExp(`not delivered: ${bounced} bounced, ${lost} lost`));
    assert.match(await page.textContent(".chart"), /deadline 20\ss/);
    assert.match(await page.textContent(".chart"), /good up to 2\ss/);
    await page.getByRole("link", { name: "7 d" }).click();
    await page.waitForSelector("a[aria-current]:has-text('7')");
    assert.match(page.url(), /window=7d/);
    await page.getByRole("link", { name: "1 h", exact: true }).click();
    await page.waitForFunction(() => document.querySelector(".chart")?.getAttribute("aria-label")
        .includes("last 1 h"));
    await done(page);
});

test("mails are listed newest first, by pages, and filtered by verdict", async () => {
    mock.scene = { routes: mixed() };
    const page = await open(browser, `${mock.url}/probes/lossy`);
    const rows = page.locator(".mails tbody tr");
    assert.equal(await rows.count(), 25);
    assert.match(await rows.first().textContent(), /pending/);
    assert.match(await rows.nth(1).textContent(), /lost/);
    await page.getByRole("button", { name: "Older mails" }).click();
    await page.waitForFunction(() => document.querySelectorAll(".mails tbody tr").length === 50);
    await page.getByLabel("Show").selectOption("bad");
    await page.waitForFunction(() => !document.querySelector(".mails")?.textContent.includes("delivered"));
    assert.match(page.url(), /verdict=bad/);
    assert.ok(mock.asked.some((one) => one.includes("verdict=bad")));
    await page.locator(".mails tbody a").first().click();
    await page.waitForURL(/\/mails\//);
    await page.waitForSelector(".claim");
    await done(page);
});

test("a mail can be sent at once and is followed; a refusal is told with its time", async () => {
    mock.scene = { routes: mixed() };
    const page = await open(browser, `${mock.url}/probes/healthy`, { tolerate: [/429/] });
    mock.scene.busy = true;
    await page.getByRole("button", { name: "Send one mail now" }).click();
    await page.waitForFunction(() => document.querySelector(".act").textContent.includes("again in 7 s"));
    mock.scene.busy = false;
    await page.getByRole("button", { name: "Send one mail now" }).click();
    await page.waitForURL(/\/mails\/00000000000f00d1/);
    await page.waitForSelector("h1.pending");
    // Pending mails are asked for again and again, until the verdict is there.
    Object.assign(mock.scene.routes[0].all.at(-1), { verdict: "delivered", judged: now(), round_trip: 1,
        uncertainty: 0.1, body: "intact" });
    await page.waitForSelector("h1.delivered");
    assert.equal(await page.textContent("#said"), "Mail delivered");
    await done(page);
    mock.scene = { routes: mixed(), top: { may_run: false } };
    const guest = await open(browser, `${mock.url}/probes/healthy`);
    assert.equal(await guest.getByRole("button", { name: "Send one mail now" }).count(), 0);
    await done(guest);
});

test("a failed mail shows stage, cause and the server's words; nothing of it is claimed beyond", async () => {
    mock.scene = { routes: mixed(), words: "535 5.7.8 authentication failed" };
    const page = await open(browser,
        `${mock.url}/mails/${idOf(mock.scene.routes, "refused", "send_failed")}`);
    assert.match(await page.textContent(".claim"), /never took responsibility.*the login: user name or password rejected/);
    assert.match(await page.textContent(".detail"), /535 5\.7\.8 authentication failed/);
    assert.match(await page.textContent(".waterfall tr.failed"), /^auth.*× auth_rejected/);
    assert.equal(await page.locator(".waterfall rect.alarm").count(), 1);
    const lines = await page.locator(".transcript tr td:nth-child(2)").allTextContents();
    assert.deepEqual(lines, ["server", "client", "server", "note"]);
    await done(page);
    const blind = await open(browser,
        `${mock.url}/mails/${idOf(mock.scene.routes, "blind", "unobserved")}`);
    assert.match(await blind.textContent(".claim"), /Nobody can know.*blames the mailbox, not the delivery/);
    assert.match(await blind.textContent(".looks"), /failed: proves nothing.*mailbox_busy/);
    await done(blind);
});

test("hops are shown as claims by other servers' clocks", async () => {
    mock.scene = { routes: mixed() };
    const page = await open(browser, `${mock.url}/mails/${idOf(mock.scene.routes, "healthy", "delivered")}`);
    const section = page.locator("section", { has: page.locator("#hops") });
    assert.match(await section.textContent(), /Other servers’ clocks.*−2\.40\ss.*not told/);
    await done(page);
});

test("who may not see words of servers is told what is withheld and how to see it", async () => {
    mock.scene = { routes: mixed(), access: "public", words: "secret words" };
    for (const name of ["refused", "healthy"]) {
        const all = mock.scene.routes.find((route) => route.name === name).all;
        const page = await open(browser, `${mock.url}/mails/${all.at(-1).mail}`);
        const text = await page.textContent("main");
        assert.match(text, /Not all is shown\..*transcripts and the hops.*localhost.*log in/);
        assert.doesNotMatch(text, /secret words/);
        assert.equal(await page.locator(".transcript").count(), 0);
        await done(page);
    }
});

test("what does not exist is said to be so", async () => {
    mock.scene = { routes: mixed() };
    for (const [where, text] of [["/probes/none", /there is no probe none/],
        ["/mails/ffffffffffffffff", /there is no mail ffffffffffffffff/]]) {
        const page = await open(browser, mock.url + where, { tolerate: [/404/] });
        assert.match(await page.textContent("main"), text);
        await done(page);
    }
});

test("a route without any mail has a page", async () => {
    mock.scene = { routes: mixed() };
    const page = await open(browser, `${mock.url}/probes/fresh`);
    assert.match(await page.textContent("h1"), /fresh has no verdict yet/);
    assert.match(await page.textContent("main"), /No verdict in the last 24 h/);
    await done(page);
});

for (const [what, ...addresses] of [["the overview", () => "/"],
    ["a route's page", () => "/probes/lossy", () => "/probes/refused"],
    ["a mail's page", (of) => of("healthy", "delivered"), (of) => of("refused", "send_failed"),
        (of) => of("lossy", "lost")]]) {
    test(`${what} passes axe-core, light and dark, on a desktop and a phone`, async () => {
        mock.scene = { routes: mixed() };
        for (const address of addresses) {
            await fit(browser, mock.url + address((name, verdict) =>
                `/mails/${idOf(mock.scene.routes, name, verdict)}`));
        }
    });
}

test("the mock has kept to the API", () => assert.equal(mock.error, undefined));
