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

const kSource = fileURLToPath(new URL("../../daemon/pages", import.meta.url));
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

test("only all are 100 %, and only none are 0 %", async () => {
    const shares = [null, 0, 0.000001, 0.0009, 0.001, 0.5, 0.999, 0.999999, 1];
    const texts = await call("format.js", "percent", shares.map((share) => [share]));
    assert.deepEqual(texts.map((text) => text.replace("\u00a0", "")),
        ["–", "0%", "<0.1%", "<0.1%", "0.1%", "50.0%", "99.90%", "99.99%", "100%"]);
});

test("the mock has kept to the API", () => assert.equal(mock.error, undefined));
