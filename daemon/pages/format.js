// SPDX-License-Identifier: Apache-2.0
// Numbers and times as people read them.
import { el } from "./dom.js";
import { now } from "./api.js";

const kNarrow = "\u00a0";
const two = (number) => String(number).padStart(2, "0");

/** A measured time with three digits or so: 430 ms, 1.23 s, 4 min 05 s. */
export function duration(seconds) {
    if (seconds === null || seconds === undefined) return "–";
    if (seconds < 0) return `−${duration(-seconds)}`;
    if (seconds < 0.00995) return `${(seconds * 1000).toFixed(1)}${kNarrow}ms`;
    if (seconds < 0.9995) return `${Math.round(seconds * 1000)}${kNarrow}ms`;
    if (seconds < 9.995) return `${seconds.toFixed(2)}${kNarrow}s`;
    if (seconds < 59.95) return `${seconds.toFixed(1)}${kNarrow}s`;
    const whole = Math.round(seconds);
    if (whole < 3600) {
        return `${Math.floor(whole / 60)}${kNarrow}min${kNarrow}${two(whole % 60)}${kNarrow}s`;
    }
    const minutes = Math.round(seconds / 60);
    return `${Math.floor(minutes / 60)}${kNarrow}h${kNarrow}${two(minutes % 60)}${kNarrow}min`;
}

/** A configured time or an axis label, without digits that say nothing: 2 s, 5 min, 1.5 h. */
export function round(seconds) {
    for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]]) {
        if (seconds >= size) return `${+(seconds / size).toFixed(1)}${kNarrow}${unit}`;
    }
    return `${+(seconds * 1000).toFixed(1)}${kNarrow}ms`;
}

/** How long ago, in one unit. */
export function age(seconds) {
    const past = Math.max(0, seconds);
    if (past < 1) return `0${kNarrow}s`;
    for (const [size, unit] of [[172800, "d"], [7200, "h"], [120, "min"], [1, "s"]]) {
        const step = { d: 86400, h: 3600, min: 60, s: 1 }[unit];
        if (past >= size) return `${Math.floor(past / step)}${kNarrow}${unit}`;
    }
    return "";
}

/** Local date. */
export function day(unix) {
    const at = new Date(unix * 1000);
    return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** Local time of day; `digits` of a second. */
export function clock(unix, digits = 0) {
    const at = new Date(digits ? unix * 1000 : Math.floor(unix) * 1000);
    const fraction = digits ? `.${String(at.getMilliseconds()).padStart(3, "0")}` : "";
    return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}${fraction}`;
}

/** Local date and time with the offset from UTC. */
export function instant(unix, digits = 0) {
    const minutes = -new Date(unix * 1000).getTimezoneOffset();
    const offset = minutes === 0 ? "UTC"
        : `UTC${minutes < 0 ? "−" : "+"}${two(Math.floor(Math.abs(minutes) / 60))}` +
          `:${two(Math.abs(minutes) % 60)}`;
    return `${day(unix)} ${clock(unix, digits)} ${offset}`;
}

/** The shortest time that is not ambiguous today. */
export function brief(unix) {
    return day(unix) === day(now()) ? clock(unix) : `${day(unix)} ${clock(unix)}`;
}

/** A <time> that shows `text` and tells the instant. */
export function timeTag(unix, text) {
    return el("time", { datetime: new Date(unix * 1000).toISOString(), title: instant(unix) },
        text);
}

/** A share of 1, rounded down: only all is 100 %, and only none is 0 %. */
export function percent(ratio) {
    if (ratio === null) return "–";
    if (ratio > 0 && ratio < 0.001) return `<0.1${kNarrow}%`;
    const digits = ratio > 0.99 && ratio < 1 ? 2 : ratio === 1 || ratio === 0 ? 0 : 1;
    const scale = 10 ** digits;
    return `${(Math.floor(ratio * 100 * scale + 1e-9) / scale).toFixed(digits)}${kNarrow}%`;
}

/** 12,345. */
export function count(number) {
    return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** "1 mail", "2 mails". */
export function many(number, word) {
    return `${count(number)}${kNarrow}${word}${number === 1 ? "" : "s"}`;
}

/** A round trip with its uncertainty. */
export function measured(roundTrip, uncertainty) {
    if (roundTrip === null || roundTrip === undefined) return "–";
    return [duration(roundTrip),
        uncertainty === null ? null
            : el("span", { class: "unsure" }, ` ±${kNarrow}${duration(uncertainty)}`)];
}
