/* real.mjs - the page of `blackfriday web`, with a broker and an instance behind it: its figures are
 * those of a GROUP BY over what was uploaded, and of verify; uploads good, bad and large; the token,
 * the policy, and a server that is killed. */
import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fits_and_reads, launch, lets_no_script_in, open, shoot } from "./browser.mjs";
import { check, summary, until } from "./check.mjs";
import { figure_of, plain, rows_of, send_file, text_of } from "./reading.mjs";
import { products_csv, products_of, sale_line, sale_of, SALES_HEAD, stores_csv, stores_of, Truth,
    write_sales } from "./retail.mjs";
import { free_port, Shop } from "./shop.mjs";

const MINUTE_MS = 60000;
const ROW_BYTES = 56; /* of a sale, about */
const big_bytes = process.env.LEAT_FULL === "1" ? 200e6 : 20e6;

const shop = new Shop();
const browser = await launch();
const truth = new Truth();
const products = products_of(10000), stores = stores_of(24);
const now_ms = Date.now();
const batch = (name, count, from, to) => ({ name, count, products, stores,
    from_ms: now_ms - from * MINUTE_MS, to_ms: now_ms - to * MINUTE_MS });

const file_of = (name, text) => {
    writeFileSync(join(shop.dir, name), text);
    return join(shop.dir, name);
};
const shows_truth = (page) => until(`the revenue is ${truth.revenue()}`, async () => {
    const shown = await figure_of(page, "revenue");
    return shown === truth.revenue() || shown;
}, 300000);

try {
    shop.open();
    const port = await free_port();
    const products_file = file_of("products.csv", products_csv(products));
    const stores_file = file_of("stores.csv", stores_csv(stores));
    shop.run("load", "--all-topics", products_file, stores_file);
    shop.start("run", "run");
    let web = await shop.web(port);
    const page = await open(browser, web.url, { ready: false });

    await check("before the first sale the page is live and shows none", async () => {
        await page.waitForSelector("html[data-state=live]", { timeout: 300000 });
        assert.match(await text_of(page, "revenue"), /^0\.00$|^–$/);
    });
    await check("products and stores are uploaded by the page", async () => {
        assert.equal(await send_file(page, "products", products_file), "10,000 rows written");
        assert.equal(await send_file(page, "stores", stores_file), "24 rows written");
    });
    await check("a delivery is uploaded by the page", async () => {
        const lines = products.slice(0, 200).flatMap(({ product_id }) => stores.slice(0, 5).map(
            ({ store_id }) => `${product_id},${store_id},${now_ms - 131 * MINUTE_MS},60\n`));
        assert.equal(await send_file(page, "inventory-updates", file_of("updates.csv",
            `product_id,store_id,timestamp,quantity_change\n${lines.join("")}`)),
        "1,000 rows written");
    });
    await check("a good file of sales is written whole, and the page adds up to the cent", async () => {
        const path = join(shop.dir, "good.csv");
        write_sales(path, batch("good", 20000, 130, 4), truth.add);
        assert.equal(await send_file(page, "sales", path), "20,000 rows written");
        assert.equal(await page.isVisible("#report"), false);
        await shows_truth(page);
    });

    await check("so it looks", async () => {
        for (const theme of ["light", "dark"]) {
            await page.emulateMedia({ colorScheme: theme });
            await page.waitForFunction(() => document.querySelector("#instance-rows .tasks"));
            await shoot(page, `first-sight-${theme}`, false);
        }
    });

    const bad = batch("bad", 300, 3.5, 3);
    const bad_lines = Array.from({ length: 300 }, (_, n) => n % 100 === 7
        ? sale_line({ ...sale_of(bad, n), quantity: -1 })
        : n % 100 === 8 ? "one,two,three\n" : sale_line(sale_of(bad, n)));
    const bad_file = () => file_of("bad.csv", SALES_HEAD + bad_lines.join(""));

    await check("all or none writes none of a file with bad rows, and names them", async () => {
        assert.equal(await send_file(page, "sales", bad_file(), "all"),
            "Nothing was written: Some rows were refused, and all or none was asked for.");
        assert.equal(await text_of(page, "result-written"), "0");
        await page.waitForSelector("#report:not([hidden])");
        const rows = await rows_of(page, "report-rows");
        assert.deepEqual(rows.map(([line]) => line), ["9", "10", "109", "110", "209", "210"]);
        assert.match(rows[0].join(" "), /quantity/);
    });
    await check("of a file with bad rows the good ones are written, and counted", async () => {
        for (let n = 0; n < 300; n++)
            if (n % 100 !== 7 && n % 100 !== 8)
                truth.add(sale_of(bad, n));
        assert.equal(await send_file(page, "sales", bad_file()), "294 rows written, 6 refused");
        await shows_truth(page);
    });
    await check("the report of refused rows and the templates can be downloaded", async () => {
        await page.waitForSelector("#report:not([hidden])");
        const [report] = await Promise.all([page.waitForEvent("download"),
            page.click("#report-link")]);
        const lines = readFileSync(await report.path(), "utf8").trim().split(/\r?\n/);
        assert.equal(lines[0], "line,column,reason");
        assert.equal(lines.length, 7);
        const [template] = await Promise.all([page.waitForEvent("download"),
            page.click("a[href='/template/sales.csv']")]);
        assert.ok(readFileSync(await template.path(), "utf8").startsWith(SALES_HEAD));
    });
    await check(`a file of ${big_bytes / 1e6} MB is uploaded with a bar that moves, and adds up`,
        async () => {
            const path = join(shop.dir, "big.csv"), count = Math.ceil(big_bytes / ROW_BYTES);
            write_sales(path, batch("a-large-file", count, 3, 1), truth.add);
            assert.ok(statSync(path).size >= 0.95 * big_bytes, String(statSync(path).size));
            await page.evaluate(() => {
                window.bar = new Set();
                new MutationObserver(() => window.bar.add(document.getElementById("bar").value))
                    .observe(document.getElementById("bar"), { attributes: true });
            });
            assert.equal(await send_file(page, "sales", path),
                `${count.toLocaleString("en-GB")} rows written`);
            assert.ok(await page.evaluate(() => window.bar.size) > 2);
            await shows_truth(page);
        });

    const shows_every_figure = async (of) => {
        await shows_truth(of);
        await until("the orders are there", async () =>
            await figure_of(of, "orders") === String(truth.sums.orders));
        assert.equal(await figure_of(of, "units"), String(truth.sums.units));
        assert.equal(await figure_of(of, "average"), truth.average());
        for (const [name, kind] of [["categories", "category"], ["regions", "region"]])
            await until(`${name} are right`, async () => {
                const rows = plain(await rows_of(of, `${name}-rows`)).map((row) => row.slice(1));
                assert.deepEqual(rows, truth.ranked(kind));
                return true;
            });
    };
    await check("revenue, orders, average, categories and regions are those of a GROUP BY", () =>
        shows_every_figure(page));
    await check("all stores are, too, once they are unfolded", async () => {
        await page.click("#stores-more button");
        const place = new Map(stores.map(({ store_id, location }) => [store_id, location]));
        await until("they are right", async () => {
            const rows = plain(await rows_of(page, "stores-rows")).map((row) => row.slice(1));
            assert.deepEqual(rows, truth.ranked("store").map(([id, cents]) => [place.get(id), cents]));
            return true;
        });
    });
    await check("the top ten are those of the hour that the page names", async () => {
        const name = new Map(products.map((product) => [product.product_id, product.name]));
        await until("they are right", async () => {
            const { top } = await (await fetch(`${web.url}figures`)).json();
            const want = truth.top(top.window_start_ms, top.window_end_ms);
            assert.deepEqual(plain(await rows_of(page, "top-rows")), want.map(([id, units, cents], i) =>
                [String(i + 1), name.get(id).replaceAll(",", ""), units, cents]));
            return true;
        });
    });
    await check("the minutes of the chart's table are those of a GROUP BY", async () => {
        await page.click("#plot-table summary");
        const newest = Math.max(...truth.by.minute.keys());
        await until("they are right", async () => {
            const rows = plain(await rows_of(page, "plot-rows"));
            assert.deepEqual(rows.map((row) => row[1]), Array.from({ length: 60 }, (_, i) =>
                String(truth.by.minute.get(newest - i * MINUTE_MS)?.orders ?? 0)));
            return true;
        });
        await page.click("#plot-table summary");
    });
    await check("what is low is counted as the sums have it", async () => {
        const delivered = new Set(products.slice(0, 200).flatMap(({ product_id }) =>
            stores.slice(0, 5).map(({ store_id }) => `${product_id}|${store_id}`)));
        const below = [...truth.by.item].filter(([key, { units }]) =>
            (delivered.has(key) ? 60 : 0) - units < 10).length;
        await until("it is", async () => {
            const shown = await figure_of(page, "low-below");
            return shown === String(below) || `${shown} for ${below}`;
        });
        assert.equal((await rows_of(page, "low-rows")).length, 50);
    });
    await check("nothing is behind, and the instance and its tasks are named", async () => {
        await until("nothing is", async () => await text_of(page, "lag") === "0");
        await until("one is named", async () => await text_of(page, "instances") === "1");
        assert.ok(Number(await text_of(page, "tasks")) > 0);
    });
    await check("verify finds every topic equal", () => {
        const said = shop.run("verify", "--topics-only");
        assert.ok(!/DIFFERENT/.test(said), said);
        assert.match(said, /^sales-totals .* equal$/m);
    });
    await check("the browser complained of nothing in all that, but of the file that was refused", () => {
        assert.equal(page.complaints.length, 1);
        assert.match(page.complaints[0], /status of 422/);
    });

    for (const theme of ["light", "dark"])
        await check(`in ${theme} it fits a phone, a tablet and a desk, and axe finds nothing serious`,
            () => fits_and_reads(browser, web.url, theme, "page"));

    await check("the policy allows the page's own files alone, and holds", async () => {
        const guarded = await open(browser, web.url);
        const policy = (await fetch(web.url)).headers.get("content-security-policy");
        assert.match(policy, /default-src 'none'/);
        assert.ok(!/unsafe|\*|https?:/.test(policy), policy);
        await lets_no_script_in(guarded);
        await guarded.context().close();
    });
    await check("a server that is killed makes the page stale; its successor makes it live, and right",
        async () => {
            await shop.end(web, "SIGKILL");
            await page.waitForSelector("html[data-state=lost]");
            assert.match(await text_of(page, "stale-text"), /^Stale since \d\d:\d\d:\d\d\.$/);
            assert.equal(await figure_of(page, "revenue"), truth.revenue());
            web = await shop.web(port);
            await page.waitForSelector("html[data-state=live]", { timeout: 300000 });
            assert.equal(await page.isVisible("#stale"), false);
            await shows_every_figure(page);
        });
    await check("with a token nobody enters without, and one link opens the page for good", async () => {
        const token = "a-token-of-enough-characters";
        const guarded = await shop.web(await free_port(), "--token-file", file_of("token", `${token}\n`));
        assert.equal((await fetch(guarded.url)).status, 401);
        assert.equal((await fetch(`${guarded.url}figures`)).status, 401);
        assert.equal((await fetch(`${guarded.url}?token=wrong-wrong-wrong`)).status, 401);
        const inside = await open(browser, `${guarded.url}?token=${token}`);
        assert.equal(inside.url(), guarded.url);
        const [cookie] = await inside.context().cookies();
        assert.ok(cookie.httpOnly && cookie.sameSite === "Strict" && !cookie.value.includes(token));
        await inside.goto(guarded.url);
        await shows_truth(inside);
        await inside.context().clearCookies();
        await shop.end(guarded, "SIGKILL");
        await shop.web(Number(new URL(guarded.url).port), "--token-file", join(shop.dir, "token"));
        await inside.waitForSelector("html[data-state=refused]");
        await inside.context().close();
    });
    await check("the server ends by SIGTERM while pages listen", async () => {
        assert.equal(await shop.end(web), 0);
    });
} catch (error) {
    await check("the broker, the instance and the server start", () => {
        throw error;
    });
} finally {
    await browser.close();
    await shop.close();
}
process.exit(summary());
