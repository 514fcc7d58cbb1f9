/* retail.mjs - a shop's files, and what a plain GROUP BY over them gives: the truth that the page is
 * compared with. */
import { closeSync, openSync, writeSync } from "node:fs";
import { decimal } from "./fake_server/world.mjs";

const MINUTE_MS = 60000;
const CATEGORIES = ["Electronics", "Home", "Fashion", "Toys", "Sports", "Beauty", "Garden", "Books"];
const TOWNS = [["Hamburg", "North"], ["München", "South"], ["Berlin", "East"], ["Köln", "West"],
    ["Frankfurt", "Centre"], ["Kiel", "North"], ["Ulm", "South"], ["Leipzig", "East"]];
const STYLES = ["Classic", "Ultra", "Nordic", "Compact", "Premium", "Smart", "Retro", "Café"];

const numbered = (letter, n, digits) => letter + String(n + 1).padStart(digits, "0");
const mix = (n, salt) => (Math.imul(n + 1, 2654435761) ^ Math.imul(salt + 7, 40503) ^ n >>> 3) >>> 0;

export const products_of = (count) => Array.from({ length: count }, (_, n) => ({
    product_id: numbered("P", n, 6), name: n % 10 === 9
        ? `"${STYLES[n % 8]}", no. ${n + 1}` : `${STYLES[n * 5 % 8]} ${CATEGORIES[n * 3 % 8]} ${n + 1}`,
    category: CATEGORIES[n * 3 % 8], cents: 199 + n * 7919 % 30000 }));

export const stores_of = (count) => Array.from({ length: count }, (_, n) => ({
    store_id: numbered("S", n, 4), location: TOWNS[n % 8][0], region: TOWNS[n % 8][1] }));

const quoted = (text) => `"${text.replaceAll('"', '""')}"`;

export const products_csv = (products) => ["product_id,name,category,subcategory,price,supplier_id",
    ...products.map(({ product_id, name, category, cents }) =>
        `${product_id},${quoted(name)},${category},Other,${decimal(cents)},V001`), ""].join("\n");

export const stores_csv = (stores) => ["store_id,location,region,size,manager",
    ...stores.map(({ store_id, location, region }) =>
        `${store_id},${location},${region},large,A. Vogel`), ""].join("\n");

export const SALES_HEAD = "transaction_id,product_id,store_id,timestamp,quantity,unit_price\n";

/* From 0 to 1 and never back, now slower and now faster. */
const tide = (part) => part + 0.006 * Math.sin(18 * Math.PI * part) +
    0.04 * Math.sin(3.4 * Math.PI * part);

/* Sale n of count, spread over the time from..to in order; hot products sell more. */
export const sale_of = ({ products, stores, from_ms, to_ms, count, name }, n) => {
    const draw = mix(n, count), product = products[Math.floor(products.length *
        ((draw & 0xffff) / 65536) ** 3)];
    return { id: `${name}-${n}`, product, store: stores[(draw >>> 16) % stores.length],
        at_ms: from_ms + Math.floor((to_ms - from_ms) * tide(n / count)), quantity: 1 + (draw >>> 8) % 3 };
};

export const sale_line = ({ id, product, store, at_ms, quantity }) =>
    `${id},${product.product_id},${store.store_id},${at_ms},${quantity},${decimal(product.cents)}\n`;

/* Writes all of them to a file, told of one by one. */
export const write_sales = (path, batch, on_sale) => {
    const file = openSync(path, "w");
    let text = SALES_HEAD;
    for (let n = 0; n < batch.count; n++) {
        const sale = sale_of(batch, n);
        on_sale(sale);
        text += sale_line(sale);
        if (text.length > 1 << 20) {
            writeSync(file, text);
            text = "";
        }
    }
    writeSync(file, text);
    closeSync(file);
};

/* What was sold, added up every way that the page shows. */
export class Truth {
    sums = { orders: 0, units: 0, cents: 0 };
    by = { product: new Map(), category: new Map(), region: new Map(), store: new Map(),
        minute: new Map(), item: new Map() };

    add = ({ product, store, at_ms, quantity }) => {
        const cents = quantity * product.cents, minute = Math.floor(at_ms / MINUTE_MS) * MINUTE_MS;
        const into = (map, key) => {
            const sum = map.get(key) ?? { orders: 0, units: 0, cents: 0 };
            map.set(key, sum);
            sum.orders++;
            sum.units += quantity;
            sum.cents += cents;
        };
        this.sums.orders++;
        this.sums.units += quantity;
        this.sums.cents += cents;
        into(this.by.product, `${Math.floor(minute / (5 * MINUTE_MS))}|${product.product_id}`);
        into(this.by.category, product.category);
        into(this.by.region, store.region);
        into(this.by.store, store.store_id);
        into(this.by.minute, minute);
        into(this.by.item, `${product.product_id}|${store.store_id}`);
    };

    revenue = () => decimal(this.sums.cents);

    /* Half away from zero, as the contract has it. */
    average = () => decimal(Math.floor((2 * this.sums.cents + this.sums.orders) /
        (2 * this.sums.orders)));

    ranked = (kind) => [...this.by[kind]].sort(([a, x], [b, y]) => y.cents - x.cents ||
        y.units - x.units || (a < b ? -1 : 1)).map(([key, { cents }]) => [key, decimal(cents)]);

    top = (from_ms, to_ms) => {
        const sums = new Map();
        for (const [key, { units, cents }] of this.by.product) {
            const [slot, id] = key.split("|"), at_ms = slot * 5 * MINUTE_MS;
            if (at_ms < from_ms || at_ms >= to_ms)
                continue;
            const sum = sums.get(id) ?? { units: 0, cents: 0 };
            sums.set(id, { units: sum.units + units, cents: sum.cents + cents });
        }
        return [...sums].sort(([a, x], [b, y]) => y.cents - x.cents || y.units - x.units ||
            (a < b ? -1 : 1)).slice(0, 10)
            .map(([id, { units, cents }]) => [id, String(units), decimal(cents)]);
    };
}
