// SPDX-License-Identifier: Apache-2.0
// Where axes have their labels.
import { clock, day, round } from "./format.js";

const kSeconds = [1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120,
    300, 600, 1800, 3600, 7200, 14400, 28800, 86400, 172800, 604800];
const kSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200,
    86400, 172800, 432000, 604800];

/** A scale of durations: `place` is 0 at the bottom and 1 at the top. */
export function durationScale(low, high, log, room) {
    const most = Math.max(2, Math.floor(room / 34));
    if (log) {
        const bottom = [...kSeconds].reverse().find((tick) => tick < 0.95 * low) || kSeconds[0];
        const top = kSeconds.find((tick) => tick >= high) || high;
        const from = Math.log(bottom), width = Math.log(Math.max(top, bottom * 2)) - from;
        const place = (seconds) => (Math.log(Math.max(seconds, bottom)) - from) / width;
        let last = -1;
        const ticks = kSeconds.filter((tick) => tick >= bottom && tick <= top * 1.001).filter((tick) => {
            if (last >= 0 && (place(tick) - last) * room < 30) return false;
            last = place(tick);
            return true;
        });
        return { place, ticks, top: Math.max(top, bottom * 2) };
    }
    const step = kSeconds.find((tick) => high / tick <= most) || high;
    const top = Math.ceil(high / step - 1e-9) * step;
    const ticks = [];
    for (let tick = 0; tick <= top * 1.001; tick += step) ticks.push(tick);
    return { place: (seconds) => seconds / top, ticks, top };
}

/** Every so many days of the calendar: a day may have 23 or 25 hours. */
function dayTicks(from, to, days) {
    const ticks = [];
    const first = new Date(from * 1000);
    for (let n = 0, at = 0; at <= to; ++n) {
        const parts = [first.getFullYear(), first.getMonth(), first.getDate() + n];
        at = new Date(...parts) / 1000;
        if (at < from || at > to || Date.UTC(...parts) / 86400000 % days !== 0) continue;
        ticks.push({ at, text: day(at).slice(5) });
    }
    return ticks;
}

/** Labels of a time axis, at round local times. */
export function timeTicks(from, to, room) {
    const most = Math.max(2, Math.floor(room / 84));
    const step = kSteps.find((size) => (to - from) / size <= most) || 2592000;
    if (step >= 86400) return dayTicks(from, to, step / 86400);
    // Offsets from UTC are whole quarters of an hour, and may change on the way.
    const grid = [900, 300, 60].find((size) => step % size === 0) || step;
    const ticks = [];
    for (let at = Math.ceil(from / grid) * grid; at <= to; at += grid) {
        const local = at - new Date(at * 1000).getTimezoneOffset() * 60;
        if (local % step !== 0) continue;
        const text = local % 86400 === 0 ? day(at).slice(5) : clock(at).slice(0, step < 60 ? 8 : 5);
        ticks.push({ at, text });
    }
    return ticks;
}

/** The label of a duration on an axis. */
export const durationLabel = (seconds) => seconds === 0 ? "0" : round(seconds);
