/* sales.js - the sums, the top ten, and what is ranked. */
import { at_minute, count, money } from "./format.js";
import { by_id, make, row_of, say, set_text, show_rows } from "./dom.js";
import { minutes_chart, pace_of } from "./minutes.js";

const FOLDED_ROWS = 8;

const show_pace = (pace) => {
    const element = by_id("pace");
    if (pace === null || !Number.isFinite(pace)) {
        set_text(element, "");
        return;
    }
    const rounded = Math.abs(100 * pace).toFixed(1);
    element.dataset.way = pace >= 0 ? "up" : "down";
    set_text(element, `${pace >= 0 ? "▲" : "▼"} ${rounded}\u00a0% ` +
        `${pace >= 0 ? "above" : "below"} the hour before`);
};

const show_revenue = (revenue) => {
    const element = by_id("revenue"), [whole, cents = "00"] = money(revenue).split(".");
    if (element.dataset.exact === revenue)
        return;
    element.dataset.exact = revenue;
    element.style.setProperty("--digits", whole.length + cents.length / 2);
    element.replaceChildren(whole, make("span", { className: "cents", textContent: `.${cents}` }));
};

export const totals_painter = () => {
    const chart = minutes_chart();

    return (totals) => {
        show_revenue(totals.revenue);
        say("orders", count(totals.orders));
        say("average", money(totals.average));
        say("units", count(totals.units));
        const hours = chart(totals.minutes);
        show_pace(hours.length ? pace_of(hours) : null);
    };
};

/* The name above a bar that shows its share of the first one's revenue. */
const fill_name = (cell, name, detail, share) => {
    if (!cell.firstChild)
        cell.append(make("span", { className: "called" }, make("span", { className: "name" }), " ",
            make("span", { className: "detail" })), make("span", { className: "bar" }));
    const [called, bar] = cell.children;
    set_text(called.children[0], name);
    called.children[0].title = name;
    set_text(called.children[1], detail);
    bar.style.setProperty("--share", share.toFixed(4));
};

const share_of = (revenue, rows) => {
    const most = Number(rows[0].revenue);
    return most > 0 ? Math.max(0, Number(revenue) / most) : 0;
};

/* How far a product moved since the last change of the ranks. */
const fill_rank = (cell, rank, was) => {
    if (!cell.firstChild) {
        cell.append(make("span"), make("span", { className: "moved" }));
        cell.children[1].setAttribute("aria-hidden", "true");
    }
    set_text(cell.children[0], String(rank));
    const by = was - rank;
    cell.dataset.way = by > 0 ? "up" : by < 0 ? "down" : "";
    set_text(cell.children[1], by ? `${by > 0 ? "▲" : "▼"}${Math.abs(by)}` : "");
};

export const top_painter = () => {
    let ranks = new Map(), earlier = new Map();

    const remember = (products) => {
        const now = new Map(products.map((product) => [product.product_id, product.rank]));
        if (products.some(({ product_id, rank }) => ranks.get(product_id) !== rank)) {
            earlier = ranks;
            ranks = now;
        }
    };
    return ({ window_start_ms, window_end_ms, products }) => {
        remember(products);
        say("top-window", products.length
            ? `${at_minute(window_start_ms)} – ${at_minute(window_end_ms)}` : "");
        show_rows(by_id("top-rows"), products, {
            key: (product) => product.product_id,
            start: () => row_of("place", "th", "number", "number"),
            moving: true,
            empty: "Nothing sold yet.",
            fill: (row, { rank, product_id, product_name, units, revenue }) => {
                fill_rank(row.cells[0], rank, earlier.get(product_id) ?? rank);
                fill_name(row.cells[1], product_name || product_id, product_name ? product_id : "",
                    share_of(revenue, products));
                set_text(row.cells[2], count(units));
                set_text(row.cells[3], money(revenue));
            },
        });
    };
};

/* A list that shows its first rows until asked for all. */
export const foldable = (name, show, limit = FOLDED_ROWS) => {
    const more = by_id(`${name}-more`);
    const button = make("button", { type: "button", className: "quiet" });
    const rest = make("span");
    let open = false, last = [], hidden = 0;

    const paint = () => {
        show(open ? last : last.slice(0, limit));
        button.hidden = last.length <= limit;
        button.setAttribute("aria-expanded", String(open));
        set_text(button, open ? "Show fewer" : `Show all ${count(last.length)}`);
        set_text(rest, hidden > 0 && (open || last.length <= limit)
            ? `and ${count(hidden)} more` : "");
    };
    button.addEventListener("click", () => {
        open = !open;
        paint();
    });
    more.append(button, rest);
    button.hidden = true;
    return (rows, not_sent = 0) => {
        last = rows;
        hidden = not_sent;
        paint();
    };
};

/* Ranked by revenue: name_of and detail_of say what a row is called. */
export const rank_painter = (name, key, name_of, detail_of) => {
    const show = (rows) => show_rows(by_id(`${name}-rows`), rows, {
        key,
        start: () => row_of("place", "th", "number"),
        moving: true,
        empty: "Nothing sold yet.",
        fill: (row, item, index) => {
            set_text(row.cells[0], String(index + 1));
            fill_name(row.cells[1], name_of(item), detail_of(item), share_of(item.revenue, rows));
            set_text(row.cells[2], money(item.revenue));
        },
    });
    const fold = foldable(name, show);

    return ({ rows, more = 0 }) => fold(rows, more);
};
