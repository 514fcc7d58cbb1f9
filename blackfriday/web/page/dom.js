/* dom.js - elements by text alone, and rows that keep their identity while they move. */

export const by_id = (id) => document.getElementById(id);

export const set_text = (element, text) => {
    if (element.textContent !== text)
        element.textContent = text;
};

export const say = (id, text) => set_text(by_id(id), text);

export const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
};

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const SLIDE_MS = 450;

/* A row that moved slides from where it stood. Tables scroll as one, so places are measured against
 * the body of the table and not the window. */
const slide = (row, from, to) => {
    if (from !== undefined && from !== to)
        row.animate([{ transform: `translateY(${from - to}px)` }, { transform: "none" }],
            { duration: SLIDE_MS, easing: "cubic-bezier(.2, .7, .2, 1)" });
};

const place = (row) => row.offsetTop;

/* Makes the rows of a table body those of items, in their order. A row is kept as long as its key
 * is there: start(item) gives a new one, fill(row, item, index) writes into it. */
export const show_rows = (body, items, { key, start, fill, moving = false, empty }) => {
    const kept = new Map([...body.rows].filter((row) => row.dataset.key !== undefined)
        .map((row) => [row.dataset.key, row]));
    const animated = moving && !calm.matches && !document.hidden;
    const before = new Map(animated ? [...kept].map(([k, row]) => [k, place(row)]) : []);
    const rows = items.map((item, index) => {
        const k = String(key(item));
        const row = kept.get(k) ?? start(item);
        row.dataset.key = k;
        kept.delete(k);
        fill(row, item, index);
        return row;
    });
    if (!rows.length && empty)
        rows.push(empty_row(body, empty));
    if (rows.length !== body.rows.length || rows.some((row, i) => row !== body.rows[i]))
        body.replaceChildren(...rows);
    if (animated)
        rows.forEach((row) => slide(row, before.get(row.dataset.key), place(row)));
};

const empty_row = (body, text) => {
    if (body.rows.length === 1 && body.rows[0].classList.contains("empty"))
        return body.rows[0];
    const columns = body.closest("table").tHead.rows[0].cells.length;
    return make("tr", { className: "empty" }, make("td", { colSpan: columns, textContent: text }));
};

/* A row of n cells; the class names of each, "th" first where it heads the row. */
export const row_of = (...classes) => make("tr", {}, ...classes.map((name) => {
    const heads = name.startsWith("th");
    const cell = make(heads ? "th" : "td", { className: name.replace(/^th ?/, "") });
    if (heads)
        cell.scope = "row";
    return cell;
}));
