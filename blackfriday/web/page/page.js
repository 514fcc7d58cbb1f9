/* page.js - the page: each section is painted when its event comes, and the line to the server is
 * watched.
 *
 * Read next: events.js (the line), sales.js, minutes.js, stock.js, health.js (what is painted),
 * upload.js, dom.js and format.js (what all of them use).
 */
import { listen } from "./events.js";
import { at_second, zone } from "./format.js";
import { by_id, say } from "./dom.js";
import { rank_painter, top_painter, totals_painter } from "./sales.js";
import { low_painter, sellthrough_painter } from "./stock.js";
import { paint_health } from "./health.js";
import { start_upload } from "./upload.js";

const QUIET_MS = 20000;

const announce = (text) => say("announcer", text);

const painters = {
    totals: totals_painter(),
    top: top_painter(),
    categories: rank_painter("categories", (row) => row.category, (row) => row.category, () => ""),
    regions: rank_painter("regions", (row) => row.region, (row) => row.region, () => ""),
    stores: rank_painter("stores", (row) => row.store_id, (row) => row.store_name || row.store_id,
        (row) => [row.store_name && row.store_id, row.region].filter(Boolean).join(" · ")),
    sellthrough: sellthrough_painter(),
    lowstock: low_painter(announce),
    health: paint_health,
};

/* Events come faster than a screen is drawn, and while nobody looks: the last of each counts. */
const waiting = new Map();
let asked = false;

const paint = () => {
    asked = false;
    for (const [name, data] of waiting)
        painters[name](data);
    waiting.clear();
};

/* fresh: there were figures since the line was made. A server that has just begun reads the topics
 * to their end first, and what is shown meanwhile is of before. */
const line = { state: "connecting", lost_ms: 0, news_ms: 0, updated_ms: 0, fresh: false };

/* Health comes every second, and is news where the brokers answered the server. */
const note_news = (name, { updated_ms }) => {
    if (name === "health" && updated_ms === line.updated_ms)
        return;
    line.news_ms = Date.now();
    if (name === "health")
        line.updated_ms = updated_ms;
    else
        line.fresh = true;
    show_line();
};

const on_event = (name, data) => {
    note_news(name, data);
    if (!Object.hasOwn(painters, name))
        return;
    waiting.set(name, data);
    if (!asked)
        requestAnimationFrame(paint);
    asked = true;
};

/* What the line is called, and what stands above the figures when they are not of now. */
const words = {
    connecting: () => ["Connecting"],
    live: () => ["Live"],
    first: () => ["Catching up"],
    behind: () => ["Catching up", `Stale since ${at_second(line.lost_ms)}.`,
        "The server reads the topics anew."],
    quiet: () => ["No news", `No news since ${at_second(line.news_ms)}.`,
        "The server answers, but hears nothing from the brokers."],
    lost: () => line.lost_ms
        ? ["Reconnecting", `Stale since ${at_second(line.lost_ms)}.`,
            "The line is lost; the page comes back by itself."]
        : ["Reconnecting", "The server cannot be reached.", "The page tries again by itself."],
    refused: () => ["No access", "The server wants its token.",
        "Open the page once with /?token=… behind its address."],
};

let told = "";

const state_of_line = () => {
    if (line.state !== "live")
        return line.state;
    if (!line.fresh)
        return line.lost_ms ? "behind" : "first";
    return Date.now() - line.news_ms > QUIET_MS ? "quiet" : "live";
};

const show_line = () => {
    const state = state_of_line();
    const [short, sentence = "", more = ""] = words[state]();

    document.documentElement.dataset.state = by_id("state").dataset.state = state;
    say("state-text", short);
    by_id("stale").hidden = !sentence;
    say("stale-text", sentence);
    say("stale-more", more);
    if (told !== state && (sentence || (told && state === "live")))
        announce(sentence || "Live again.");
    if (sentence || told)
        told = state;
};

listen("/events", {
    on_event,
    on_state: (state, heard_ms) => {
        if (state !== "live" && line.fresh)
            Object.assign(line, { fresh: false, lost_ms: heard_ms });
        line.state = state;
        show_line();
    },
});
setInterval(show_line, 1000);
say("zone", zone());
start_upload();
