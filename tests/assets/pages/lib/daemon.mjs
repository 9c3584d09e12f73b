// SPDX-License-Identifier: Apache-2.0
// The real daemon with a route for every verdict (../scene.py), and questions to its API.
import { spawn } from "node:child_process";
import readline from "node:readline";
import { fileURLToPath } from "node:url";

const kScene = fileURLToPath(new URL("../scene.py", import.meta.url));

/** What each route of the scene ends in. */
export const kEnds = { office: "delivered", "shop-orders": "lost", partner: "send_failed",
    invoices: "send_failed", newsletter: "bounced", support: "unobserved",
    "branch-office": "delivered", payroll: "delivered" };

/** A running scene; it ends with this process whatever happens, because its input does. */
export class Daemon {
    constructor(mailprobed, loopback, good) {
        this.process = spawn("python3", ["-B", kScene, mailprobed, loopback, String(good)],
            { stdio: ["pipe", "pipe", "inherit"] });
        this.ended = new Promise((done) => this.process.on("close", done));
    }

    async start() {
        const first = new Promise((found) =>
            readline.createInterface({ input: this.process.stdout }).once("line", found));
        const line = await Promise.race([first, this.ended.then(() => null)]);
        if (!line) throw new Error("the scene did not start");
        Object.assign(this, JSON.parse(line));
        return this;
    }

    /** Ends it; anything but 0 is a failure of the daemon. */
    async stop() {
        this.process.stdin.end();
        return this.ended;
    }

    async get(path) {
        const answer = await fetch(`${this.url}/api/v1/${path}`);
        if (!answer.ok) throw new Error(`/api/v1/${path}: ${answer.status} ${await answer.text()}`);
        return answer.json();
    }

    /** Waits until a condition on the API holds; `found` tells what holds instead. */
    async until(what, holds, seconds = 90, found = () => "") {
        const end = Date.now() + 1000 * seconds;
        for (;;) {
            const value = await holds();
            if (value) return value;
            if (Date.now() > end) {
                throw new Error(`${seconds} s went by without this: ${what}${found()}`);
            }
            await new Promise((done) => setTimeout(done, 200));
        }
    }

    /** Waits until every route has had its trouble. */
    async weather(seconds = 90) {
        let missing = [];
        await this.until("every route has come to its end", async () => {
            const { probes } = await this.get("probes");
            missing = Object.entries(kEnds).map(([name, verdict]) =>
                [name, verdict, probes.find((probe) => probe.name === name).last?.verdict])
                .filter(([, verdict, last]) => last !== verdict);
            return missing.length === 0;
        }, seconds, () => missing.map(([name, verdict, last]) =>
            `; ${name}: ${last}, not ${verdict}`).join(""));
    }

    /** The newest mail of a route with a verdict. */
    async mail(probe, verdict) {
        const { mails } = await this.get(`mails?probe=${probe}&verdict=${verdict}&limit=1`);
        return mails[0];
    }
}
