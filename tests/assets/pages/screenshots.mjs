// SPDX-License-Identifier: Apache-2.0
// The pictures of the README: the status page and the terminal, with every verdict in them.
//     node screenshots.mjs MAILPROBED LOOPBACK FOLDER [--quick]
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const [mailprobed, loopback, folder, quick] = process.argv.slice(2);
const kGood = quick ? 8 : 60, kMost = 150_000;
const kPhone = { width: 390, height: 844 };

// The same letters on every machine; chosen before the browser starts.
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "mailprobed-pictures-"));
process.on("exit", () => fs.rmSync(scratch, { recursive: true, force: true }));
const prefer = (family, by) => `<match target="pattern"><test name="family"><string>${family}` +
    `</string></test><edit name="family" mode="prepend" binding="strong"><string>${by}</string></edit></match>`;
fs.writeFileSync(path.join(scratch, "fonts.conf"), `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><include>/etc/fonts/fonts.conf</include>
${["system-ui", "sans-serif"].map((family) => prefer(family, "Inter")).join("")}
${["ui-monospace", "monospace"].map((family) => prefer(family, "JetBrains Mono")).join("")}</fontconfig>`);
process.env.FONTCONFIG_FILE = path.join(scratch, "fonts.conf");
const { kDesktop, launch, open, done } = await import("./lib/browser.mjs");
const { Daemon } = await import("./lib/daemon.mjs");

async function shoot(browser, name, address, { clip, ...options }) {
    const page = await open(browser, address, options);
    await page.evaluate(() => document.fonts.ready);
    const file = path.join(folder, `${name}.png`);
    const full = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.screenshot({ path: file, fullPage: true,
        clip: { x: 0, y: 0, width: options.size.width, height: Math.min(full, clip) } });
    await done(page);
    report(file);
}

/** Makes the file small, and fails if it is not. */
function report(file) {
    const small = spawnSync("pngquant", ["--force", "--strip", "--speed=1", "--output", file, "128",
        file], { encoding: "utf8" });
    if (small.status !== 0) throw new Error(`pngquant: ${small.error || small.stderr}`);
    const { size } = fs.statSync(file);
    console.log(`${String(size).padStart(7)}  ${file}`);
    if (size > kMost) throw new Error(`${file} has ${size} bytes; ${kMost} are the most`);
}

const kColours = { 1: "bold", 2: "dim", 31: "red", 32: "green", 33: "yellow" };

/** Text with a terminal's colours as [class, text] pairs. */
function painted(text) {
    let kind = "";
    return text.split(/(\x1b\[[\d;]*m)/).flatMap((part) => {
        const codes = /^\x1b\[([\d;]*)m$/.exec(part);
        if (!codes) return part ? [[kind, part]] : [];
        kind = codes[1].split(";").map((code) => kColours[Number(code)] || "").join(" ").trim();
        return [];
    });
}

/** What `mailprobed status` shows in a terminal; `script` gives it one. */
async function terminal(browser, url) {
    const command = "mailprobed status";
    const asked = `stty cols 132 rows 40; exec ${path.resolve(mailprobed)} status --url ${url}`;
    const shown = spawnSync("script", ["-qec", asked, "/dev/null"], { encoding: "utf8",
        env: { ...process.env, LC_ALL: "C.UTF-8", TERM: "xterm-256color" } });
    const text = painted(shown.stdout.replaceAll("\r", "").trimEnd());
    if (!text.some(([, part]) => part.includes("shop-orders"))) throw new Error(shown.stdout);
    const page = await browser.newPage({ viewport: kDesktop, deviceScaleFactor: 1 });
    await page.setContent(`<style>body { margin: 0; display: inline-block; background: #14171b }
        pre { margin: 0; padding: 18px 22px; color: #e6e9ed; font: 14px/1.5 "JetBrains Mono", monospace }
        .prompt, .dim { color: #9da7b2 } .bold { font-weight: 700 } .red { color: #ff8a80 }
        .green { color: #5ac47d } .yellow { color: #e3a341 }</style><pre></pre>`);
    await page.evaluate((parts) => {
        document.querySelector("pre").append(...parts.map(([kind, part]) => {
            const span = document.createElement("span");
            span.className = kind;
            span.textContent = part;
            return span;
        }));
    }, [["prompt", "$ "], ["", `${command}\n`], ...text]);
    const file = path.join(folder, "terminal.png");
    await page.locator("body").screenshot({ path: file });
    report(file);
}

fs.mkdirSync(folder, { recursive: true });
console.log("A daemon gathers mails of every verdict; this takes two minutes.");
const [daemon, browser] = await Promise.all([
    new Daemon(mailprobed, loopback, kGood).start(), launch()]);
try {
    await daemon.weather(240);
    // Some failures in a row make the better picture.
    await daemon.until("more trouble", async () => {
        const { probes } = await daemon.get("probes");
        return probes.find((probe) => probe.name === "support").bad_streak >= 4;
    });
    const lost = await daemon.mail("shop-orders", "lost");
    const refused = await daemon.mail("invoices", "send_failed");
    const large = { size: kDesktop }, phone = { size: kPhone, deviceScaleFactor: 1.5 };
    const { url } = daemon;
    await daemon.weather();
    await shoot(browser, "overview", url, { ...large, clip: 1000 });
    await terminal(browser, url);
    await shoot(browser, "overview-dark", url, { ...large, dark: true, clip: 1000 });
    await shoot(browser, "overview-phone", url, { ...phone, clip: 1000 });
    await shoot(browser, "route", `${url}/probes/shop-orders?window=1h`, { ...large, clip: 1010 });
    await shoot(browser, "route-phone", `${url}/probes/shop-orders?window=1h`, { ...phone, clip: 1000 });
    await shoot(browser, "mail", `${url}/mails/${refused.mail}`, { ...large, clip: 1010 });
    await shoot(browser, "mail-lost", `${url}/mails/${lost.mail}`, { ...large, clip: 900 });
    await shoot(browser, "mail-phone", `${url}/mails/${refused.mail}`, { ...phone, clip: 1000 });
} finally {
    await browser.close();
    await daemon.stop();
}
