/* world.mjs - the sections of a made-up Black Friday: the n-th is always the same. */

const MINUTE_MS = 60000;

/* mulberry32: chance that repeats. */
const dice = (seed) => () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

const STYLES = ["Classic", "Ultra", "Nordic", "Compact", "Premium", "Smart", "Retro", "Café"];
const PARTS = { Electronics: "Laptops", Home: "Kitchen", Fashion: "Shoes", Toys: "Games",
    Sports: "Cycling", Beauty: "Scent", Garden: "Grills", Books: "Cookery" };
const TOWNS = { North: ["Hamburg", "Kiel"], South: ["München", "Ulm"], East: ["Berlin", "Leipzig"],
    West: ["Köln", "Essen"], Centre: ["Frankfurt", "Gießen"] };

export const decimal = (cents) => {
    const digits = String(Math.abs(cents)).padStart(3, "0");
    return `${cents < 0 ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
};

const id = (letter, n, digits) => letter + String(n).padStart(digits, "0");
const ranked = (rows) => rows.sort((a, b) => b.cents - a.cents)
    .map(({ cents, ...row }) => ({ ...row, revenue: decimal(cents) }));

const minutes_of = (chance, newest_ms, scale) => Array.from({ length: 120 }, (_, i) => {
    const wave = 1 + 0.35 * Math.sin(i / 17) + 0.25 * chance() + i / 200;
    const orders = Math.round(scale * wave * (i === 119 ? 0.45 : 1));
    return { at_ms: newest_ms - (119 - i) * MINUTE_MS, orders, units: Math.round(orders * 1.8),
        revenue: decimal(Math.round(orders * (5200 + 900 * chance()))) };
});

const top_of = (chance, products, newest_ms, step) => {
    const rows = Array.from({ length: 14 }, (_, i) => ({
        product_id: id("P", 1 + (i * 37) % products, 6),
        product_name: i === 6 ? "" : `${STYLES[i % 8]} ${Object.values(PARTS)[(i * 3) % 8]} ${100 + i * 7}`,
        units: Math.round(900 / (i + 2)), cents: Math.round(9e6 / (i + 3) *
            (1 + 0.5 * Math.sin(step + i * 2))) }));
    return { window_start_ms: newest_ms - 59 * MINUTE_MS, window_end_ms: newest_ms + MINUTE_MS,
        products: ranked(rows).slice(0, 10).map((row, i) => ({ rank: i + 1, ...row })) };
};

const rates_of = (chance, products, slow) => Array.from({ length: 20 }, (_, i) => {
    const received = 20 + Math.floor(200 * chance());
    const rate = slow ? i / 400 : 1.04 - i / 90;
    const sold = Math.round(received * rate);
    return { product_id: id("P", 1 + Math.floor(chance() * products), 6),
        store_id: id("S", 1 + i, 4), sold, received, rate: sold / received };
});

/* All sections of a range of that many products; step moves the ranks and lets stock fall. */
export const sections = ({ products = 100, step = 0, newest_ms = Date.UTC(2026, 10, 27, 13, 41) }) => {
    const chance = dice(products), stores = products > 1000 ? 400 : 12;
    const orders = products * 1234 + step * 7, cents = orders * 5487 + 13 * step;
    const regions = Object.keys(TOWNS);
    const low = Array.from({ length: 50 }, (_, i) => ({
        product_id: id("P", 1 + (i * 7 + step * 3) % products, 6), store_id: id("S", 1 + i % stores, 4),
        on_hand: 9 - (i * i) % 13, threshold: 10, at_ms: newest_ms - (i - step) * 3700 }));

    return {
        totals: { revenue: decimal(cents), orders, units: Math.round(orders * 1.8),
            average: decimal(Math.round(cents / orders)),
            minutes: minutes_of(chance, newest_ms, products / 4), event_time_ms: newest_ms },
        top: top_of(chance, products, newest_ms, step),
        categories: { more: 0, rows: ranked(Object.keys(PARTS).map((category, i) => ({ category,
            units: 1000 * (9 - i), orders: 600 * (9 - i),
            cents: Math.round(cents * (0.24 - i * 0.028) * (0.9 + 0.2 * chance())) }))) },
        regions: { more: 0, rows: ranked(regions.map((region, i) => ({ region, units: 500 * (6 - i),
            orders: 300 * (6 - i), cents: Math.round(cents * (0.3 - i * 0.05)) }))) },
        stores: { more: Math.max(0, stores - 100), rows: ranked(Array.from({ length: stores }, (_, i) =>
            ({ store_id: id("S", i + 1, 4), store_name: TOWNS[regions[i % 5]][i % 2],
                region: regions[i % 5], units: 100, orders: 60,
                cents: Math.round(cents / stores * (0.6 + chance())) }))).slice(0, 100) },
        sellthrough: { rows: rates_of(chance, products, false), slow: rates_of(chance, products, true) },
        lowstock: { below: Math.round(products * 1.37) + step, recent: low },
        health: { lag: 128 + step, late: 17, rejected: 3, lateness_ms: 640,
            partitions: Array.from({ length: 20 }, (_, i) => ({ topic: i % 2 ? "sales"
                : "black-friday-sales-by-category-grouped-repartition",
            partition: i, lag: Math.max(0, 40 - 6 * i) })),
            instances: ["a", "b", "c"].map((name, i) => ({ id: `processor-${name}`,
                address: `10.0.0.${i + 2}:9464`,
                tasks: Array.from({ length: 6 }, (__, t) =>
                    `${["sales", "stock", "top-products"][t % 3]}-${2 * i + (t > 2 ? 1 : 0)}`) })),
            updated_ms: Date.now() },
    };
};
