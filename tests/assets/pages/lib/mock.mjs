// SPDX-License-Identifier: Apache-2.0
// A server that gives daemon/pages to a browser as the daemon does, and canned answers of /api/v1. Each
// answer is held against the schemas first: a mock that has drifted from the API proves nothing.
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { mistakes } from "./schema.mjs";
import { detail, everything, mailDetail, points } from "./weather.mjs";

export const kCsp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const kTypes = { ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml",
    ".html": "text/html; charset=utf-8" };

/** A running mock; `scene` may be changed at any time: { routes, words, top, access, refuse,
 * unread, more }; `unread` begins addresses of answers that cannot be given, `more` goes into mails. */
export class Mock {
    constructor(pages, openapi) {
        this.pages = pages;
        this.api = JSON.parse(fs.readFileSync(openapi, "utf8"));
        this.asked = [];
        this.scene = { routes: [] };
    }

    async start() {
        this.server = http.createServer((request, answer) => {
            try {
                this.answer(request, answer);
            } catch (error) {
                this.error = error;
                answer.writeHead(500).end(String(error));
            }
        });
        await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
        this.url = `http://127.0.0.1:${this.server.address().port}`;
        return this;
    }

    stop() {
        this.server.closeAllConnections();
        return new Promise((done) => this.server.close(done));
    }

    answer(request, answer) {
        const url = new URL(request.url, this.url);
        this.asked.push(`${request.method} ${url.pathname}${url.search}`);
        if (url.pathname.startsWith("/api/v1/")) {
            if (this.scene.refuse) {
                request.socket.destroy();
                return;
            }
            const [status, schema, body] = this.data(request.method, url);
            const wrong = mistakes(this.api, { $ref: `#/components/schemas/${schema}` }, body);
            if (wrong.length) throw new Error(`the mock breaks the API: ${wrong.slice(0, 5).join("; ")}`);
            answer.writeHead(status, { "Content-Type": "application/json",
                ...(status === 429 ? { "Retry-After": "7" } : {}) });
            answer.end(JSON.stringify(body));
            return;
        }
        const page = /^\/($|probes\/[^/]+$|mails\/[^/]+$)/.test(url.pathname);
        const name = page ? "index.html" : path.basename(url.pathname);
        const file = path.join(this.pages, name);
        if (!page && (!url.pathname.startsWith("/assets/") || !fs.existsSync(file))) {
            answer.writeHead(404).end("no such page");
            return;
        }
        answer.writeHead(200, { "Content-Type": kTypes[path.extname(name)],
            "Content-Security-Policy": kCsp, "X-Content-Type-Options": "nosniff" });
        answer.end(fs.readFileSync(file));
    }

    data(method, url) {
        const { routes, words = "535 5.7.8 no", top = {}, access = "full", busy } = this.scene;
        const now = Date.now() / 1000;
        if (this.scene.unread && url.pathname.startsWith(this.scene.unread)) {
            return [503, "Error", { error: "the ledger cannot be read now" }];
        }
        const [, , , kind, name, more] = url.pathname.split("/").map(decodeURIComponent);
        const route = routes.find((one) => one.name === name);
        const window = url.searchParams.get("window") || "24h";
        if (kind === "probes" && !name) return [200, "Probes", everything(routes, now, { access, ...top })];
        if (kind === "probes" && !route) return [404, "Error", { error: `there is no probe ${name}` }];
        if (more === "run" && method === "POST") {
            if (busy) return [429, "Error", { error: "too soon after the last one" }];
            const mail = { ...route.all.at(-1), mail: "00000000000f00d1", started: now, verdict: null,
                judged: null, round_trip: null, uncertainty: null, body: null, stage: null, cause: null };
            route.all.push(mail);
            return [202, "Run", { mail: mail.mail, probe: name }];
        }
        if (more === "points") return [200, "Points", points(route, window, now)];
        if (kind === "probes") return [200, "Probe", detail(route, window, now)];
        if (name) {
            if (!/^[0-9a-f]{16}$/.test(name)) {
                return [400, "Error", { error: "a mail is named by 16 hexadecimal digits" }];
            }
            const mail = routes.flatMap((one) => one.all).find((one) => one.mail === name);
            if (!mail) return [404, "Error", { error: `there is no mail ${name}` }];
            return [200, "MailDetail", { ...mailDetail(mail, access, words), ...this.scene.more }];
        }
        return [200, "Mails", this.list(url.searchParams)];
    }

    list(wanted) {
        const kinds = (wanted.get("verdict") || "").split(",").filter(Boolean);
        const fits = (mail) => !kinds.length || kinds.includes(mail.verdict ?? "pending") ||
            (kinds.includes("bad") && mail.verdict !== null && mail.verdict !== "delivered");
        const all = this.scene.routes.flatMap((route) => route.all)
            .filter((mail) => !wanted.get("probe") || mail.probe === wanted.get("probe")).filter(fits)
            .filter(({ started }) => started >= Number(wanted.get("from") || 0) &&
                started < Number(wanted.get("before") || Infinity))
            .sort((a, b) => b.started - a.started);
        const mails = all.slice(0, Number(wanted.get("limit") || 50));
        return { mails, next: mails.length < all.length ? String(mails.at(-1).started) : null };
    }
}
