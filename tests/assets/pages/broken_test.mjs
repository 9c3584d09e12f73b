// SPDX-License-Identifier: Apache-2.0
// Copies of the pages with one thing broken each; the test named for it must fail.
//     node broken_test.mjs
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const kPages = fileURLToPath(new URL("../../../daemon/pages", import.meta.url));
const kTests = fileURLToPath(new URL(".", import.meta.url));

// What is broken, file, text, what takes its place, the test that must see it and its file if that
// is not mock_test.mjs.
const kBroken = [
    ["sorts the other way round", "overview.js", "way * compare(a.key, b.key)",
        "-way * compare(a.key, b.key)", "the worst routes come first"],
    ["texts become markup", "dom.js",
        "node.append(child instanceof Node ? child : document.createTextNode(String(child)));",
        "child instanceof Node ? node.append(child) : node.insertAdjacentHTML('beforeend', child);",
        "words of servers are text"],
    ["failures are not marked in the sparkline", "spark.js", "\"data-mails\": marks.length, d:",
        "d_:", "failures are marked in the sparkline"],
    ["failures are not marked in the chart", "chart.js", "(failures[kind] ||= []).push",
        "[].push", "the chart marks every failure"],
    ["the deadline has no line", "chart.js", "[points.deadline, slo]", "[slo]",
        "the chart marks every failure"],
    ["a button without a name", "overview.js", "title, arrow(sorted)) : title",
        "svg(\"svg\", {})) : title", "the overview passes axe-core"],
    ["a field without a label", "probe.js", "el(\"label\", { for: \"verdict\" }, \"Show \")", "\"Show \"",
        "a route's page passes axe-core"],
    ["pale text", "style.css", "--muted: #57606a", "--muted: #a7b0ba", "the overview passes axe-core"],
    ["tables stay tables on a phone", "style.css", "@media (max-width: 44rem)",
        "@media (max-width: 4rem)", "the overview passes axe-core"],
    ["an inline style", "spark.js", "class: \"spark\"", "class: \"spark\", style: \"color: red\"",
        "one sentence says"],
    ["a font of another server", "style.css", ":root {",
        "@import url(http://127.0.0.1:9/a.css);\n:root {", "one sentence says"],
    ["an outage is not told", "app.js", "failure.status === 0", "failure.status === 7",
        "a daemon that does not answer"],
    ["never refreshed", "app.js", "setTimeout(refresh, pace() * 1000)", "0", "a refresh keeps focus"],
    ["everything is drawn anew", "dom.js", "if (old && !alike(old, wanted)) old = null;", "old = null;",
        "a refresh keeps focus"],
    ["asks while nobody looks", "app.js", "\"visibilitychange\"", "\"no-such-event\"",
        "a hidden page asks nothing"],
    ["unobserved is called not delivered", "overview.js",
        "probe.last?.verdict === \"unobserved\"", "false", "one sentence says"],
    ["withholding is not told", "mail.js", "mail.access === \"public\"", "false",
        "who may not see words"],
    ["pending mails are not asked for again", "mail.js", "mail.verdict !== null ? 30 : 2", "1 ? 3000 : 2",
        "a mail can be sent at once"],
    ["a hundred kilobytes more", "icon.svg", "<svg ", `<!--${"x".repeat(100_000)}--><svg `,
        "the pages weigh"],
    ["only the newest page is asked for again", "probe.js", "const from = since;", "const from = null;",
        "new mails push none out of the middle", "claims_test.mjs"],
    ["every day begins at midnight", "ticks.js", "if (step >= 86400)", "if (step >= 8640000)",
        "labels of days", "claims_test.mjs"],
    ["one offset from UTC for all hours", "ticks.js", "new Date(at * 1000).getTime",
        "new Date(from * 1000).getTime", "labels of hours", "claims_test.mjs"],
    ["a word that is no mail is asked for again", "mail.js", "error.status === 400", "false",
        "only a mail that was just asked for", "claims_test.mjs"],
    ["an intent is a fact", "words.js", "mail.progress === \"accepted\"\n            ?", "true ?",
        "nothing is claimed of an answer", "claims_test.mjs"],
    ["few are none", "format.js", "ratio > 0 && ratio < 0.001", "false", "only all are 100 %",
        "claims_test.mjs"],
];

const only = process.argv.slice(2);
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "mailprobed-broken-"));
process.on("exit", () => fs.rmSync(scratch, { recursive: true, force: true }));

/** Why the test fails for these pages, null if it passes; anything else is an error. */
function fails(pages, name, file) {
    const done = spawnSync(process.execPath, ["--test-reporter=tap", `--test-name-pattern=^${name}`,
        path.join(kTests, file), pages], { encoding: "utf8", timeout: 120_000 });
    const ran = done.stdout.split("\n").filter((line) => /^(not )?ok \d+ - /.test(line) &&
        line.includes(name) && !line.includes("# SKIP"));
    if (ran.length !== 1) throw new Error(`${name}: no such test\n${done.stdout}${done.stderr}`);
    if (!ran[0].startsWith("not ok")) return null;
    const error = /^ +error: (?:\|-\n)?([^]*?)\n *(?:code|name|stack):/m.exec(done.stdout.slice(
        done.stdout.indexOf(ran[0])));
    return (error ? error[1] : "?").replace(/\s+/g, " ").trim().slice(0, 160);
}

let missed = 0;
kBroken.forEach(([what, file, text, instead, name, test = "mock_test.mjs"], index) => {
    if (only.length && !only.some((word) => what.includes(word))) return;
    const pages = path.join(scratch, String(index));
    fs.cpSync(kPages, pages, { recursive: true });
    const source = fs.readFileSync(path.join(pages, file), "utf8");
    if (!source.includes(text)) throw new Error(`${file} does not hold ${text}: adapt the test`);
    fs.writeFileSync(path.join(pages, file), source.replace(text, () => instead));
    const seen = fails(pages, name, test);
    if (seen === null) ++missed;
    console.log(`${seen === null ? "MISSED" : "seen  "}  ${what}: "${name}..." ${seen || ""}`);
});
process.exitCode = missed ? 1 : 0;
