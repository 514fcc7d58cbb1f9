/* stock.js - what runs low, as it happens, and what sells through. */
import { at_second, count, percent } from "./format.js";
import { by_id, row_of, say, set_text, show_rows } from "./dom.js";
import { foldable } from "./sales.js";

const ANNOUNCE_MS = 8000; /* what is read aloud must not pile up */

const key_of = ({ product_id, store_id, at_ms }) => `${product_id}|${store_id}|${at_ms}`;

/* Tells a screen reader of new falls, a sentence at a time, however many there are. */
const announcer = (announce) => {
    let known = null, fresh = [], timer = 0;

    const speak = () => {
        timer = 0;
        if (!fresh.length)
            return;
        const { product_id, store_id, on_hand, threshold } = fresh[0];
        announce(`${product_id} in ${store_id} is down to ${on_hand}, below ${threshold}` +
            (fresh.length > 1 ? `, and ${fresh.length - 1} more.` : "."));
        fresh = [];
        timer = setTimeout(speak, ANNOUNCE_MS);
    };
    return (recent) => {
        const keys = new Set(recent.map(key_of));
        if (known)
            fresh = recent.filter((item) => !known.has(key_of(item))).concat(fresh).slice(0, 1000);
        known = keys;
        if (!timer)
            speak();
    };
};

export const low_painter = (announce) => {
    const tell = announcer(announce);

    return ({ below, recent }) => {
        say("low-below", count(below));
        show_rows(by_id("low-rows"), recent, {
            key: key_of,
            start: () => row_of("th code", "code", "number", "number time"),
            empty: "Nothing is running low.",
            fill: (row, { product_id, store_id, on_hand, threshold, at_ms }) => {
                [product_id, store_id, `${count(on_hand)} of ${count(threshold)}`, at_second(at_ms)]
                    .forEach((text, i) => set_text(row.cells[i], text));
                row.cells[2].dataset.level = on_hand <= 0 ? "out" : "low";
            },
        });
        tell(recent);
    };
};

const rates = (name) => foldable(name, (rows) => show_rows(by_id(`${name}-rows`), rows, {
    key: ({ product_id, store_id }) => `${product_id}|${store_id}`,
    start: () => row_of("th code", "code", "number", "number", "number strong"),
    moving: true,
    empty: "Nothing sold yet.",
    fill: (row, { product_id, store_id, sold, received, rate }) =>
        [product_id, store_id, count(sold), count(received), percent(rate)]
            .forEach((text, i) => set_text(row.cells[i], text)),
}), 5);

export const sellthrough_painter = () => {
    const best = rates("best"), slow = rates("slow");

    return ({ rows, slow: slowest = [] }) => {
        best(rows);
        slow(slowest);
    };
};
