// SPDX-License-Identifier: Apache-2.0
// Questions to /api/v1 and the server's clock.

/** What went wrong: `status` is that of HTTP, 0 if nobody answered. */
export class ApiError extends Error {
    constructor(status, text, retryAfter) {
        super(text);
        this.status = status;
        this.retryAfter = retryAfter;
    }
}

let ahead = 0;

/** The server's time in Unix seconds: the clock of a phone may be wrong. */
export function now() {
    return Date.now() / 1000 + ahead;
}

/** Takes `now` of an answer that has just come. */
export function setClock(seconds) {
    ahead = seconds - Date.now() / 1000;
}

async function ask(path, options) {
    let answer;
    try {
        answer = await fetch(`/api/v1/${path}`,
            { cache: "no-store", signal: AbortSignal.timeout(15000), ...options });
    } catch {
        throw new ApiError(0, "no answer");
    }
    let body;
    try {
        body = await answer.json();
    } catch {
        // A proxy's own page, or a connection cut in the middle.
        throw new ApiError(answer.ok ? 0 : answer.status, `status ${answer.status}`);
    }
    if (answer.ok) return body;
    const text = typeof body.error === "string" ? body.error : `status ${answer.status}`;
    throw new ApiError(answer.status, text, answer.headers.get("Retry-After"));
}

function query(parameters) {
    const set = Object.entries(parameters).filter(([, value]) => value);
    return set.length ? `?${new URLSearchParams(set)}` : "";
}

export const probes = () => ask("probes");
export const probe = (name, window) =>
    ask(`probes/${encodeURIComponent(name)}${query({ window })}`);
export const points = (name, window) =>
    ask(`probes/${encodeURIComponent(name)}/points${query({ window })}`);
export const mails = (filter) => ask(`mails${query(filter)}`);
export const mail = (id) => ask(`mails/${encodeURIComponent(id)}`);
export const run = (name) => ask(`probes/${encodeURIComponent(name)}/run`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: "{}",
});
