/* format.js - figures as people read them. Money stays text: it is exact, and a float is not. */

const group = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ",");

export const money = (decimal) => {
    const [whole, cents] = String(decimal ?? "0").split(".");
    return group(whole) + (cents === undefined ? "" : `.${cents}`);
};

export const count = (n) => group(String(Math.trunc(Number(n ?? 0))));

export const percent = (rate) => `${(100 * rate).toLocaleString("en-GB",
    { minimumFractionDigits: 1, maximumFractionDigits: 1 })}\u00a0%`;

export const duration = (ms) => {
    if (ms < 1000)
        return `${Math.round(ms)}\u00a0ms`;
    const seconds = ms / 1000;
    if (seconds < 60)
        return `${seconds.toFixed(1)}\u00a0s`;
    if (seconds < 3600)
        return `${Math.floor(seconds / 60)}\u00a0min ${Math.floor(seconds % 60)}\u00a0s`;
    if (seconds < 172800)
        return `${Math.floor(seconds / 3600)}\u00a0h ${Math.floor(seconds % 3600 / 60)}\u00a0min`;
    return `${count(seconds / 86400)}\u00a0days`;
};

export const bytes = (n) => {
    const units = ["bytes", "kB", "MB", "GB"];
    let unit = 0;
    for (; n >= 1000 && unit + 1 < units.length; unit++)
        n /= 1000;
    return `${unit ? n.toFixed(n < 10 ? 1 : 0) : n}\u00a0${units[unit]}`;
};

const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const minute = new Intl.DateTimeFormat("en-GB", { timeStyle: "short" });

export const at_second = (ms) => clock.format(ms);
export const at_minute = (ms) => minute.format(ms);
export const zone = () => clock.resolvedOptions().timeZone;
