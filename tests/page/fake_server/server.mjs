/* server.mjs - a server that speaks as `blackfriday web` does, with figures of a made-up world, so
 * that the page can be looked at, and led into corners, without a broker.
 *
 *   node server.mjs [port [products]]      serves the page of the source tree, moving
 */
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { sections } from "./world.mjs";

const PAGE = new URL("../../../blackfriday/web/page/", import.meta.url);
const CHART = "/usr/share/javascript/chart.js/chart.min.js";
const HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; " +
        "img-src 'self' data:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; " +
        "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
};
const TYPES = { html: "text/html; charset=utf-8", css: "text/css; charset=utf-8",
    js: "text/javascript; charset=utf-8", svg: "image/svg+xml" };

const reply = (response, status, type, body) => {
    response.writeHead(status, { ...HEADERS, "Content-Type": type });
    response.end(body);
};
const reply_json = (response, status, object) =>
    reply(response, status, "application/json", JSON.stringify(object));

const serve_page = (response, path) => {
    const name = path === "/" ? "index.html" : path.slice("/page/".length);
    if (!/^[a-z]+\.[a-z]+$/.test(name))
        return reply_json(response, 404, { error: "there is no such page" });
    const file = name === "chart.js" ? CHART : new URL(name, PAGE);
    return reply(response, 200, TYPES[name.split(".")[1]], readFileSync(file));
};

/* A row whose third field is not a number is refused: enough for a page to show. */
const judge = (text) => {
    const lines = text.split("\n").slice(1).filter(Boolean);
    const refused = lines.map((line, i) => [i + 2, line.split(",")[4]])
        .filter(([, quantity]) => !(Number(quantity) > 0))
        .map(([line, quantity]) => `${line},quantity,"'${quantity}' is not a number above zero"`);
    return { rows: lines.length, refused };
};

/* corners: { status, delay_ms } answers every upload so. */
export const start_fake = ({ port = 0, products = 100, beat_ms = 5000, corners = {} } = {}) => {
    let current = sections({ products });
    const listeners = new Set(), reports = new Map();

    const send = (response, name) =>
        response.write(`event: ${name}\ndata: ${JSON.stringify(current[name])}\n\n`);
    const publish = (changed) => {
        Object.assign(current, changed);
        for (const name of Object.keys(changed))
            listeners.forEach((response) => send(response, name));
    };
    const listen = (response) => {
        response.writeHead(200, { ...HEADERS, "Content-Type": "text/event-stream" });
        Object.keys(current).forEach((name) => send(response, name));
        listeners.add(response);
        response.on("close", () => listeners.delete(response));
    };
    const upload = async (request, response, id, choice) => {
        let text = "";
        for await (const part of request)
            text += part;
        if (corners.delay_ms)
            await new Promise((resolve) => setTimeout(resolve, corners.delay_ms));
        if (corners.status)
            return reply_json(response, corners.status, { error: "" || undefined });
        const { rows, refused } = judge(text);
        const none = choice === "all" && refused.length > 0;
        reports.set(id, refused);
        return reply_json(response, none ? 422 : 200, { id, rows, bytes: text.length,
            accepted: rows - refused.length, refused: refused.length,
            written: none ? 0 : rows - refused.length, report: `/upload/${id}/report.csv` });
    };
    const route = (request, response) => {
        const url = new URL(request.url, "http://localhost"), parts = url.pathname.split("/");
        if (url.pathname === "/events")
            return listen(response);
        if (url.pathname === "/" || url.pathname.startsWith("/page/"))
            return serve_page(response, url.pathname);
        if (parts[1] === "upload" && request.method === "POST")
            return upload(request, response, url.searchParams.get("id"), url.searchParams.get("rows"));
        if (parts[1] === "upload" && parts[3] === "report.csv")
            return reply(response, 200, "text/csv",
                ["line,column,reason", ...reports.get(parts[2]), ""].join("\n"));
        if (parts[1] === "template")
            return reply(response, 200, "text/csv", "transaction_id,product_id,store_id\n");
        return reply_json(response, 404, { error: "there is no such page" });
    };

    const server = createServer(route);
    const beat = setInterval(() => listeners.forEach((response) => response.write(":\n\n")), beat_ms);
    const stop = () => new Promise((resolve) => {
        clearInterval(beat);
        server.close(resolve);
        server.closeAllConnections();
    });
    return new Promise((resolve, reject) => {
        server.on("error", reject);
        server.listen(port, "127.0.0.1", () => resolve({ port: server.address().port,
            url: `http://127.0.0.1:${server.address().port}/`, publish, stop, corners,
            sections: () => current, listeners: () => listeners.size }));
    });
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const products = Number(process.argv[3] ?? 100);
    const fake = await start_fake({ port: Number(process.argv[2] ?? 8088), products });
    console.log(fake.url);
    let step = 0;
    setInterval(() => fake.publish(sections({ products, step: ++step })), 2000);
}
