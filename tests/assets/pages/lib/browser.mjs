// SPDX-License-Identifier: Apache-2.0
// Chromium without a window, and what every page must not do: errors, breaches of the CSP, requests to
// other servers, serious accessibility issues, scrolling sideways.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const kChromium = process.env.CHROMIUM || "/usr/bin/chromium";
const kAxe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const kFlags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage"];
export const kDesktop = { width: 1280, height: 900 };
export const kPhone = { width: 360, height: 740 };

/** Starts the browser; its profile is a new folder that goes with it. */
export function launch() {
    return chromium.launch({ executablePath: kChromium, args: kFlags });
}

/** Opens a page that collects its complaints in `page.complaints`. */
export async function open(browser, url, { dark = false, size = kDesktop, tolerate = [], ...more } = {}) {
    const context = await browser.newContext({ viewport: size, colorScheme: dark ? "dark" : "light",
        ...more });
    const page = await context.newPage();
    page.complaints = [];
    page.setDefaultTimeout(15000);
    const complain = (text) => {
        if (!tolerate.some((pattern) => pattern.test(text))) page.complaints.push(text);
    };
    page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) complain(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => complain(`error: ${error.stack || error}`));
    page.on("request", (request) => {
        if (!request.url().startsWith(new URL(url).origin)) complain(`asks ${request.url()}`);
    });
    await page.addInitScript(() => {
        window.breaches = [];
        document.addEventListener("securitypolicyviolation", (event) =>
            window.breaches.push(`${event.violatedDirective} ${event.blockedURI}`));
    });
    await page.goto(url);
    await page.waitForSelector("main h1");
    return page;
}

/** Fails if the page did what no page may; closes it. */
export async function done(page) {
    const breaches = await page.evaluate(() => window.breaches);
    await page.context().close();
    assert.deepEqual(breaches, [], "breaches of the CSP");
    assert.deepEqual(page.complaints, [], "complaints");
}

/** Serious and critical findings of axe-core, in short. */
export async function axe(page) {
    // Not as a script element: the CSP forbids that, and so it should.
    const fs = await import("node:fs");
    await page.evaluate(fs.readFileSync(kAxe, "utf8"));
    const result = await page.evaluate(() => window.axe.run(document, {
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
    return result.violations.filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160) +
            (node.any[0] ? ` (${node.any[0].message})` : "")).join(" | ")}`);
}

/** By how many pixels the page is wider than the window. */
export function overhang(page) {
    return page.evaluate(() =>
        document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** How many parts of a page must be moved sideways to be read. */
function rolling(page) {
    return page.evaluate(() => [...document.querySelectorAll("body *")].filter((element) =>
        getComputedStyle(element).overflowX !== "visible" && element.clientWidth > 1 &&
        element.scrollWidth > element.clientWidth).length);
}

/** Holds a page against axe-core, light and dark, on a desktop and on a phone. */
export async function fit(browser, url, prepare = async () => {}) {
    for (const dark of [false, true]) {
        for (const size of [kDesktop, kPhone]) {
            const page = await open(browser, url, { dark, size });
            await prepare(page);
            const where = `${new URL(url).pathname}, ${dark ? "dark" : "light"}, ${size.width} px`;
            assert.deepEqual(await axe(page), [], where);
            assert.equal(await overhang(page), 0, `${where}: scrolls sideways`);
            if (size === kPhone) assert.equal(await rolling(page), 0, `${where}: a part does`);
            await done(page);
        }
    }
}
