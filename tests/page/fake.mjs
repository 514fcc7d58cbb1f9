/* fake.mjs - the page against a server that can be led into corners: what it shows, how it moves,
 * what it says of the line, and what it makes of every answer to an upload. */
import assert from "node:assert/strict";
import { axe_finds, launch, open, resize, shoot, WIDTHS } from "./browser.mjs";
import { check, summary, until } from "./check.mjs";
import { sections } from "./fake_server/world.mjs";
import { start_fake } from "./fake_server/server.mjs";
import { figure_of, plain, rows_of, text_of } from "./reading.mjs";

const browser = await launch();
const fakes = [];
const fake_of = async (options) => {
    const fake = await start_fake(options);
    fakes.push(fake);
    return fake;
};
const done = (page) => page.context().close();
const state_of = (page) => page.getAttribute("html", "data-state");

/* ---- what is shown --------------------------------------------------------------------------- */

const shows_all = async (page, sent) => {
    assert.equal(await figure_of(page, "revenue"), sent.totals.revenue);
    assert.equal(await figure_of(page, "orders"), String(sent.totals.orders));
    assert.equal(await figure_of(page, "average"), sent.totals.average);
    assert.equal(await figure_of(page, "units"), String(sent.totals.units));
    assert.deepEqual(plain(await rows_of(page, "top-rows")), sent.top.products.map((product) =>
        [String(product.rank), product.product_name || product.product_id, String(product.units),
            product.revenue]));
    for (const [name, key] of [["categories", "category"], ["regions", "region"]])
        assert.deepEqual(plain(await rows_of(page, `${name}-rows`)), sent[name].rows.map((row, i) =>
            [String(i + 1), row[key], row.revenue]));
    assert.equal(await figure_of(page, "low-below"), String(sent.lowstock.below));
    assert.equal((await rows_of(page, "low-rows")).length, 50);
    assert.equal(await figure_of(page, "lag"), String(sent.health.lag));
    assert.equal(await text_of(page, "tasks"), "18");
    assert.equal((await page.$$eval(".tasks li", (all) => all.map((one) => one.textContent)))[0], "sales 0–1");
};

const opens_all_stores = async (page, sent) => {
    assert.equal((await rows_of(page, "stores-rows")).length, 8);
    await page.click("#stores-more button");
    assert.deepEqual(plain(await rows_of(page, "stores-rows")), sent.stores.rows.map((row, i) =>
        [String(i + 1), row.store_name, row.revenue]));
    const more = sent.stores.more;
    assert.equal(await text_of(page, "stores-more"), `Show fewer${more ? `and ${more} more` : ""}`);
};

for (const products of [100, 10000]) {
    const fake = await fake_of({ products });
    await check(`with ${products} products the page shows every figure as it was sent`, async () => {
        const page = await open(browser, fake.url);
        await shows_all(page, fake.sections());
        await opens_all_stores(page, fake.sections());
        assert.deepEqual(page.complaints, []);
        await done(page);
    });
    for (const theme of ["light", "dark"])
        await check(`with ${products} products, ${theme}, it fits a phone, a tablet and a desk, and ` +
            "axe finds nothing serious", async () => {
            const page = await open(browser, fake.url, { theme });
            for (const width of WIDTHS) {
                await resize(page, width);
                await shoot(page, `made-up-${products}-${width}-${theme}`);
                assert.deepEqual(await axe_finds(page), []);
            }
            assert.deepEqual(page.complaints, []);
            await done(page);
        });
}

const fake = fakes[0];

await check("at 320 px nothing scrolls sideways", async () => {
    const page = await open(browser, fake.url, { width: 320 });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
    await done(page);
});

await check("before the first sale the page says so, and complains of nothing", async () => {
    const empty = await fake_of({});
    empty.publish({ totals: { revenue: "0.00", orders: 0, units: 0, average: "0.00", minutes: [],
        event_time_ms: 0 }, top: { products: [] }, categories: { rows: [], more: 0 },
    regions: { rows: [], more: 0 }, stores: { rows: [], more: 0 },
    sellthrough: { rows: [], slow: [] }, lowstock: { below: 0, recent: [] },
    health: { lag: 0, partitions: [], late: 0, rejected: 0, lateness_ms: 0, instances: [] } });
    const page = await open(browser, empty.url);
    assert.equal(await text_of(page, "revenue"), "0.00");
    assert.equal(await text_of(page, "top-rows"), "Nothing sold yet.");
    assert.equal(await text_of(page, "low-rows"), "Nothing is running low.");
    assert.deepEqual(await axe_finds(page), []);
    assert.deepEqual(page.complaints, []);
    await done(page);
});

await check("names that are markup are shown as they are, and do nothing", async () => {
    const hostile = "<img src=x onerror=\"document.title='broken'\">";
    const world = sections({});
    const evil = await fake_of({});
    world.top.products[0].product_name = world.categories.rows[0].category = hostile;
    world.health.instances[0].id = hostile;
    evil.publish(world);
    const page = await open(browser, evil.url);
    assert.equal((await rows_of(page, "top-rows"))[0][1], hostile);
    assert.equal((await rows_of(page, "categories-rows"))[0][1], hostile);
    assert.equal(await page.title(), "Black Friday");
    assert.equal(await page.locator("main img").count(), 0);
    assert.deepEqual(page.complaints, []);
    await done(page);
});

await check("the chart's table says minute by minute what was sent", async () => {
    const page = await open(browser, fake.url);
    const { minutes } = fake.sections().totals;
    await page.click("#plot-table summary");
    const rows = plain(await rows_of(page, "plot-rows"));
    assert.equal(rows.length, 60);
    assert.deepEqual(rows.map((row) => row.slice(1)), minutes.slice(60).map((minute, i) =>
        [String(minute.orders), minute.revenue, minutes[i].revenue]).reverse());
    assert.match(await page.getAttribute("#plot", "aria-label"), /^Line chart: revenue per minute/);
    await page.check("input[name=measure][value=orders]", { force: true });
    assert.match(await page.getAttribute("#plot", "aria-label"), /^Line chart: orders per minute/);
    await done(page);
});

/* ---- how it moves ---------------------------------------------------------------------------- */

const overtake = (top) => {
    const [first, second, ...rest] = top.products;
    return { top: { ...top, products: [{ ...second, rank: 1, revenue: `1${second.revenue}` },
        { ...first, rank: 2 }, ...rest] } };
};

for (const calm of [false, true])
    await check(calm ? "who asked for less motion sees ranks change at once"
        : "a product that overtakes another slides to its place, and stays the same row",
    async () => {
        const moving = await fake_of({});
        const page = await open(browser, moving.url, { calm });
        await page.evaluate(() => {
            window.slides = 0;
            const animate = Element.prototype.animate;
            Element.prototype.animate = function counted(...all) {
                window.slides++;
                return animate.apply(this, all);
            };
            document.querySelectorAll("#top-rows tr")[1].id = "second";
        });
        const { top } = moving.sections();
        moving.publish(overtake(top));
        await until("the second is the first", () => page.evaluate(() =>
            document.querySelector("#top-rows tr").id === "second"));
        assert.equal(await page.evaluate(() => window.slides), calm ? 0 : 2);
        assert.equal(await page.textContent("#second .moved"), "▲1");
        await done(page);
    });

await check("a fall of stock is shown first and told to screen readers, the old ones are not", async () => {
    const falling = await fake_of({});
    const page = await open(browser, falling.url);
    assert.equal(await text_of(page, "announcer"), "");
    const { lowstock } = falling.sections();
    const fall = { product_id: "P999999", store_id: "S0042", on_hand: 7, threshold: 10,
        at_ms: lowstock.recent[0].at_ms + 1000 };
    falling.publish({ lowstock: { below: 138, recent: [fall, ...lowstock.recent.slice(0, 49)] } });
    await until("it is told", async () => await text_of(page, "announcer") ===
        "P999999 in S0042 is down to 7, below 10.");
    assert.deepEqual((await rows_of(page, "low-rows"))[0].slice(0, 3), ["P999999", "S0042", "7 of 10"]);
    assert.equal(await page.getAttribute("#announcer", "aria-live"), "polite");
    await done(page);
});

/* ---- the line -------------------------------------------------------------------------------- */

await check("a server that ends makes the page say since when it is stale; one that comes makes it live",
    async () => {
        const first = await start_fake({});
        const page = await open(browser, first.url);
        await page.evaluate(() => {
            window.said = [];
            new MutationObserver(([{ target }]) => window.said.push(target.textContent))
                .observe(document.getElementById("announcer"), { childList: true });
        });
        await first.stop();
        await page.waitForSelector("html[data-state=lost]");
        assert.equal(await text_of(page, "state-text"), "Reconnecting");
        assert.match(await text_of(page, "stale-text"), /^Stale since \d\d:\d\d:\d\d\.$/);
        assert.equal(await figure_of(page, "revenue"), first.sections().totals.revenue);
        await shoot(page, "made-up-stale");
        assert.deepEqual(await axe_finds(page), []);
        const second = await fake_of({ port: first.port });
        second.publish(sections({ step: 5 }));
        await page.waitForSelector("html[data-state=live]");
        await until("the new figures are there", async () =>
            await figure_of(page, "revenue") === sections({ step: 5 }).totals.revenue);
        assert.equal(await page.isVisible("#stale"), false);
        const said = await page.evaluate(() => window.said);
        assert.match(said[0], /^Stale since/);
        assert.ok(said.includes("Live again."), said);
        await done(page);
    });

await check("a line that falls silent without an end is given up and made anew", async () => {
    const silent = await fake_of({ beat_ms: 1e9 });
    const page = await open(browser, silent.url);
    await page.waitForSelector("html[data-state=lost]");
    await page.waitForSelector("html[data-state=live]");
    assert.deepEqual(page.complaints, []);
    await done(page);
});

await check("a server that is there but has no news for long is not called live", async () => {
    const page = await open(browser, fake.url);
    await page.waitForSelector("html[data-state=quiet]");
    assert.match(await text_of(page, "stale-text"), /^No news since \d\d:\d\d:\d\d\.$/);
    const { health } = fake.sections();
    fake.publish({ health: { ...health, updated_ms: health.updated_ms + 1000 } });
    await page.waitForSelector("html[data-state=live]");
    await done(page);
});

await check("a server that wants its token is said to", async () => {
    const page = await open(browser, fake.url, { ready: false });
    await page.route("**/events", (route) => route.fulfill({ status: 401, body: "{}" }));
    await page.reload();
    await page.waitForSelector("html[data-state=refused]");
    assert.match(await text_of(page, "stale"), /wants its token.*\?token=/s);
    await done(page);
});

/* ---- hands ----------------------------------------------------------------------------------- */

await check("the keyboard alone reaches the figures, the theme, the chart, the lists and the upload",
    async () => {
        const page = await open(browser, fake.url);
        const active = () => page.evaluate(() => {
            const { id, textContent, value, hash } = document.activeElement;
            return id || hash || value || textContent.trim();
        });
        const stops = [];
        for (let i = 0; i < 40 && stops.at(-1) !== "cancel"; i++) {
            await page.keyboard.press("Tab");
            stops.push(await active());
        }
        assert.equal(stops[0], "#main");
        for (const stop of ["#sales", "#stock", "#health", "#upload", "theme", "revenue",
            "Show all 12", "Show all 20", "sales", "good", "file"])
            assert.ok(stops.includes(stop), `${stop} is not among ${stops}`);
        await page.focus("input[name=kind][value=sales]");
        await page.keyboard.press("ArrowRight");
        assert.equal(await active(), "inventory-updates");
        await done(page);
    });

await check("the theme follows the system until one is chosen, which is remembered", async () => {
    const page = await open(browser, fake.url, { theme: "dark" });
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await paper();
    await page.click("#theme");
    const light = await paper();
    assert.notEqual(light, dark);
    await page.reload();
    assert.equal(await paper(), light);
    assert.equal(await text_of(page, "theme-text"), "Light");
    await page.click("#theme");
    assert.equal(await paper(), dark);
    await done(page);
});

/* ---- uploads --------------------------------------------------------------------------------- */

const csv = (...quantities) => ({ name: "sales.csv", mimeType: "text/csv", buffer: Buffer.from(
    ["transaction_id,product_id,store_id,timestamp,quantity,unit_price",
        ...quantities.map((quantity, i) => `T${i},P000001,S0001,0,${quantity},1.00`), ""].join("\n")) });

const upload = async (page, file, rows = "good") => {
    await page.setInputFiles("#file", file);
    await page.check(`input[name=rows][value=${rows}]`, { force: true });
    await page.click("#send");
    await page.waitForSelector("#result:not([hidden])");
};

await check("a file whose rows are all good is written, and no report is offered", async () => {
    const page = await open(browser, fake.url);
    await upload(page, csv(1, 2, 3));
    assert.equal(await text_of(page, "result-title"), "3 rows written");
    assert.equal(await text_of(page, "result-accepted"), "3");
    assert.equal(await page.isVisible("#report"), false);
    assert.match(await text_of(page, "file-said"), /^No file chosen/);
    assert.deepEqual(page.complaints, []);
    await done(page);
});

await check("of a file with bad rows the good ones are written, and the others named, to download",
    async () => {
        const page = await open(browser, fake.url, { acceptDownloads: true });
        await upload(page, csv(1, 0, 3, -4));
        assert.equal(await text_of(page, "result-title"), "2 rows written, 2 refused");
        await page.waitForSelector("#report:not([hidden])");
        assert.deepEqual(await rows_of(page, "report-rows"), [
            ["3", "quantity", "'0' is not a number above zero"],
            ["5", "quantity", "'-4' is not a number above zero"]]);
        const [download] = await Promise.all([page.waitForEvent("download"),
            page.click("#report-link")]);
        assert.equal(download.suggestedFilename(), "report.csv");
        assert.deepEqual(await axe_finds(page), []);
        await shoot(page, "made-up-report");
        await done(page);
    });

await check("all or none writes none of a file with a bad row", async () => {
    const page = await open(browser, fake.url);
    await upload(page, csv(1, 0), "all");
    assert.equal(await text_of(page, "result-title"), "Nothing was written");
    assert.equal(await text_of(page, "result-written"), "0");
    await done(page);
});

for (const [status, said] of [[413, /larger than/], [429, /Too many files/], [401, /wants its token/],
    [403, /its own page/], [500, /answered 500/]])
    await check(`an upload that is answered ${status} is explained`, async () => {
        const strict = await fake_of({ corners: { status } });
        const page = await open(browser, strict.url);
        await upload(page, csv(1));
        assert.equal(await text_of(page, "result-title"), "The file was not taken");
        assert.match(await text_of(page, "result-said"), said);
        await done(page);
    });

await check("an upload can be cancelled, and shows its bar meanwhile", async () => {
    const slow = await fake_of({ corners: { delay_ms: 600000 } });
    const page = await open(browser, slow.url);
    await page.setInputFiles("#file", csv(1));
    await page.click("#send");
    await page.waitForSelector("#bar");
    assert.equal(await page.isDisabled("#send"), true);
    await page.click("#cancel");
    await page.waitForSelector("#result:not([hidden])");
    assert.equal(await text_of(page, "result-title"), "Cancelled");
    assert.equal(await page.isVisible("#bar"), false);
    await done(page);
});

await check("a server that ends during an upload is said, and the file can be sent again", async () => {
    const dying = await start_fake({ corners: { delay_ms: 600000 } });
    const page = await open(browser, dying.url);
    await page.setInputFiles("#file", csv(1));
    await page.click("#send");
    await page.waitForSelector("#bar");
    await dying.stop();
    await page.waitForSelector("#result:not([hidden])");
    assert.match(await text_of(page, "result-said"), /connection broke/);
    assert.equal(await page.isEnabled("#send"), true);
    await done(page);
});

await check("a file may be dropped anywhere on the page", async () => {
    const page = await open(browser, fake.url);
    const dropped = await page.evaluateHandle(() => {
        const data = new DataTransfer();
        data.items.add(new File(["transaction_id\n"], "dropped.csv", { type: "text/csv" }));
        return data;
    });
    await page.dispatchEvent("#sales", "drop", { dataTransfer: dropped });
    assert.match(await text_of(page, "file-said"), /^dropped\.csv/);
    assert.equal(await page.isEnabled("#send"), true);
    await done(page);
});

/* ---- large figures --------------------------------------------------------------------------- */

await check("money is grouped as text, to the last cent of eighteen digits", async () => {
    const rich = await fake_of({});
    rich.publish({ totals: { ...rich.sections().totals, revenue: "9999999999999999.99" } });
    const page = await open(browser, rich.url);
    assert.equal(await text_of(page, "revenue"), "9,999,999,999,999,999.99");
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 1440);
    await done(page);
});

await browser.close();
await Promise.all(fakes.map((one) => one.stop()));
process.exit(summary()); /* answers that were held back would keep it for minutes */
