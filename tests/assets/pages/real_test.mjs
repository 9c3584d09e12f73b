// SPDX-License-Identifier: Apache-2.0
// The status page of the real daemon, with a route for every verdict.
//     node real_test.mjs MAILPROBED LOOPBACK
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { done, fit, kDesktop, kPhone, launch, open, overhang } from "./lib/browser.mjs";
import { Daemon, kEnds } from "./lib/daemon.mjs";

const [mailprobed, loopback] = process.argv.slice(2);
let daemon, browser;

before(async () => {
    [daemon, browser] = await Promise.all([new Daemon(mailprobed, loopback, 3).start(), launch()]);
    await daemon.weather();
});
after(async () => {
    await browser?.close();
    assert.equal(await daemon?.stop(), 0);
});

test("what a first visit loads is at most 100 KB without data, and all of it comes from the daemon",
    async () => {
        const context = await browser.newContext();
        const page = await context.newPage();
        const loaded = new Map();
        page.on("response", async (response) => {
            const { pathname, origin } = new URL(response.url());
            if (pathname.startsWith("/api/")) return;
            assert.equal(origin, daemon.url);
            loaded.set(pathname, (await response.body()).length);
        });
        await page.goto(daemon.url);
        await page.waitForSelector("h1.headline");
        await page.waitForLoadState("networkidle").catch(() => {});
        const sum = [...loaded.values()].reduce((a, b) => a + b, 0);
        for (const [name, size] of loaded) console.log(`${String(size).padStart(7)}  ${name}`);
        console.log(`${String(sum).padStart(7)}  bytes, uncompressed, without data`);
        assert.ok(loaded.size > 5 && sum > 20_000 && sum <= 100_000);
        await context.close();
    });

test("the answers carry the strict policy and no inline script could run", async () => {
    for (const where of ["/", "/probes/office", "/mails/0000000000000001"]) {
        const answer = await fetch(daemon.url + where);
        assert.equal(answer.status, 200);
        const policy = answer.headers.get("Content-Security-Policy");
        for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'",
            "connect-src 'self'", "frame-ancestors 'none'"]) {
            assert.ok(policy.includes(part), `${where}: ${policy}`);
        }
        assert.ok(!policy.includes("unsafe"), policy);
    }
});

test("the overview tells the truth: every route, its state, the worst first", async () => {
    const page = await open(browser, daemon.url);
    const { probes } = await daemon.get("probes");
    assert.match(await page.textContent("h1"),
        /^4 of 10 routes do not deliver, 1 cannot be observed/);
    const shown = await page.locator(".probes tbody tr").evaluateAll((rows) => rows.map((row) =>
        [row.querySelector("th a").textContent, row.querySelector(".state .verdict").textContent]));
    assert.equal(shown.length, probes.length);
    const rank = { down: 0, new: 1, up: 2 };
    const ranks = shown.map(([, state]) => rank[state]);
    assert.deepEqual(ranks, [...ranks].sort());
    for (const name of ["shop-orders", "partner", "invoices", "newsletter", "support"]) {
        assert.deepEqual(shown.find(([one]) => one === name), [name, "down"]);
    }
    assert.match(await page.textContent("tr[data-key=partner] .state"), /auth: auth_rejected/);
    await page.getByRole("button", { name: "Route" }).click();
    const names = await page.locator(".probes tbody th a").allTextContents();
    assert.deepEqual(names, [...names].sort());
    await done(page);
});

test("a route's page opens from the overview, and a mail's page from its list", async () => {
    const page = await open(browser, daemon.url);
    await page.getByRole("link", { name: "shop-orders", exact: true }).first().click();
    await page.waitForSelector(".chart .dots");
    assert.ok(Number(await page.getAttribute(".chart > .shape.lost", "data-mails")) > 0);
    assert.ok(Number(await page.getAttribute(".chart .dots", "data-points")) > 0);
    assert.ok(await page.locator(".stages tbody tr").count() > 5);
    assert.ok(await page.locator(".histogram tbody tr").count() > 0);
    await page.getByLabel("Show").selectOption("lost");
    await page.waitForFunction(() => {
        const rows = [...document.querySelectorAll(".mails tbody .what")];
        return rows.length && rows.every((row) => row.textContent.includes("lost"));
    });
    await page.locator(".mails tbody a").first().click();
    await page.waitForSelector(".claim");
    assert.match(await page.textContent("h1"), /^lost/);
    await done(page);
});

test("every verdict has a mail whose page says what is claimed and what it rests on", async () => {
    const claims = { delivered: /was in the mailbox/, lost: /first complete look/,
        bounced: /accepted it; then a report came/, unobserved: /Nobody can know/ };
    for (const [probe, verdict] of Object.entries(kEnds)) {
        const mail = await daemon.mail(probe, verdict);
        const page = await open(browser, `${daemon.url}/mails/${mail.mail}`);
        assert.match(await page.textContent("h1"), new RegExp(`^${verdict}`));
        if (claims[verdict]) assert.match(await page.textContent(".claim"), claims[verdict]);
        assert.ok(await page.locator(".waterfall tbody tr").count() > 3, `${probe}: stages`);
        if (verdict !== "send_failed") {
            assert.ok(await page.locator(".looks tbody tr").count() > 0, `${probe}: looks`);
        }
        assert.equal(await overhang(page), 0);
        await done(page);
    }
});

test("a failure shows the server's words, its stage and its cause", async () => {
    for (const [probe, words, cause] of [["partner", /535 5\.7\.8 Error/, "auth_rejected"],
        ["invoices", /554 5\.7\.1 Message rejected/, "rejected_permanent"]]) {
        const mail = await daemon.mail(probe, "send_failed");
        const page = await open(browser, `${daemon.url}/mails/${mail.mail}`);
        assert.match(await page.textContent(".detail"), words);
        assert.match(await page.textContent(".waterfall tr.failed"), new RegExp(cause));
        assert.match(await page.textContent(".transcript"), words);
        const sender = probe === "partner" ? probe : "office";
        const login = Buffer.from(`\0${sender}\0open-sesame`).toString("base64");
        const body = await page.textContent("body");
        assert.ok(!body.includes("open-sesame") && !body.includes(login));
        await done(page);
    }
});

test("a delivered mail shows the look that saw it, and its hops as claims of others", async () => {
    const mail = await daemon.mail("office", "delivered");
    const page = await open(browser, `${daemon.url}/mails/${mail.mail}`);
    assert.match(await page.textContent(".looks"), /the mail was there/);
    assert.match(await page.textContent("main"), /Other servers’ clocks/);
    await done(page);
    const bounced = await daemon.mail("newsletter", "bounced");
    const other = await open(browser, `${daemon.url}/mails/${bounced.mail}`);
    assert.match(await other.textContent(".looks"), /the report of non-delivery was there/);
    await done(other);
});

test("one mail is sent by the button and followed to its verdict", async () => {
    const page = await open(browser, `${daemon.url}/probes/archive`);
    await page.getByRole("button", { name: "Send one mail now" }).click();
    await page.waitForURL(/\/mails\/[0-9a-f]{16}/);
    await page.waitForSelector("h1.delivered", { timeout: 30000 });
    await done(page);
});

test("all pages pass axe-core, light and dark, on a desktop and a phone", async () => {
    const lost = await daemon.mail("shop-orders", "lost");
    const refused = await daemon.mail("partner", "send_failed");
    const waiting = await daemon.mail("backup-mx", "pending");
    for (const where of ["/", "/probes/shop-orders", "/probes/invoices", `/mails/${lost.mail}`,
        `/mails/${refused.mail}`, `/mails/${waiting.mail}`]) {
        await fit(browser, daemon.url + where);
    }
});

test("no page scrolls sideways between the widths of a phone and a desktop", async () => {
    const lost = await daemon.mail("shop-orders", "lost");
    for (const where of ["/", "/probes/shop-orders", `/mails/${lost.mail}`]) {
        const page = await open(browser, daemon.url + where, { size: kPhone });
        for (let width = kPhone.width; width <= kDesktop.width; width += 92) {
            await page.setViewportSize({ width, height: 800 });
            await page.reload();
            await page.waitForSelector("main h1");
            assert.equal(await overhang(page), 0, `${where} at ${width} px`);
        }
        await done(page);
    }
});
