/* page.mjs - a person at the page of the running stack, in a real Chromium.
 *
 *   page.mjs selling LINK                  while sales flow in
 *   page.mjs rest LINK TRUTH COMMAND...    at rest: TRUTH is a file of check.py's, with the sums of
 *                                          the tables; COMMAND restarts the server
 *
 * tests/page has what a made-up server and one without a stack can show.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fits_and_reads, launch, lets_no_script_in, open } from "../page/browser.mjs";
import { check, summary, until } from "../page/check.mjs";
import { decimal } from "../page/fake_server/world.mjs";
import { figure_of, plain, rows_of, send_file } from "../page/reading.mjs";
import { sale_line, SALES_HEAD } from "../page/retail.mjs";

const PATIENCE_MS = 300000; /* on however busy a machine */
const [mode, link, truth_file, ...restart] = process.argv.slice(2);
const site = new URL("/", link).href;
const browser = await launch();
const dir = mkdtempSync(join(tmpdir(), "leat-stack-page-"));

const selling = async () => {
    let page;
    await check("without the link of the log nobody enters", async () => {
        assert.equal((await fetch(site)).status, 401);
        assert.equal((await fetch(`${site}figures`)).status, 401);
        assert.equal((await fetch(`${site}?token=0123456789abcdef`)).status, 401);
    });
    await check("with it the page is live, and sales flow in", async () => {
        page = await open(browser, link);
        assert.equal(page.url(), site);
        const before = Number(await figure_of(page, "orders"));
        await until(`more than ${before} orders`, async () =>
            Number(await figure_of(page, "orders")) > before, PATIENCE_MS);
    });
    await check("what is sold is sold now", async () => {
        const { totals } = await page.evaluate(async () => (await fetch("/figures")).json());
        const minutes = Math.abs(Date.now() - totals.event_time_ms) / 60000;
        assert.ok(minutes < 15, `${minutes} minutes away`);
    });
    await check("what sells best, where, and who works on it is named", async () => {
        await until("ten sell best", async () => (await rows_of(page, "top-rows")).length === 10,
            PATIENCE_MS);
        for (const name of ["categories", "regions", "stores", "low"])
            await until(`${name} are named`, async () =>
                (await rows_of(page, `${name}-rows`)).length > 0, PATIENCE_MS);
        await page.waitForSelector("#instance-rows .tasks", { timeout: PATIENCE_MS });
    });
    for (const theme of ["light", "dark"])
        await check(`in ${theme} it fits three widths, and axe finds nothing serious`, () =>
            fits_and_reads(browser, link, theme, "stack"));
    await check("its policy lets nothing else in", async () => {
        assert.deepEqual(page.complaints, []);
        await lets_no_script_in(page);
    });
};

const shows = async (page, totals) => {
    for (const name of ["revenue", "orders", "units", "average"])
        await until(`${name} ${totals[name]}`, async () => {
            const shown = await figure_of(page, name);
            return shown === totals[name] || shown;
        }, PATIENCE_MS);
};

const compare = async (page, truth) => {
    await check("revenue, orders, units and average are the tables'", () =>
        shows(page, truth.totals));
    for (const name of ["categories", "regions"])
        await check(`${name} and their order are the tables'`, async () => {
            if (await page.isVisible(`#${name}-more button`))
                await page.click(`#${name}-more button`);
            await until("they are", async () => {
                const rows = plain(await rows_of(page, `${name}-rows`)).map((row) => row.slice(1));
                assert.deepEqual(rows, truth[name]);
                return true;
            }, PATIENCE_MS);
        });
    await check("the top ten are the table's", async () => {
        /* Of the hour that the page names: the clock may move it on. */
        await until("they are", async () => {
            const { top } = await page.evaluate(async () => (await fetch("/figures")).json());
            const rows = plain(await rows_of(page, "top-rows"));
            assert.deepEqual(rows.map(([rank, , ...sold]) => [rank, ...sold]),
                truth.tops[top.window_start_ms]);
            return true;
        });
    });
};

/* What is handed in is added to the truth. */
const hand_in = async (page, truth) => {
    const { product_id, store_id, cents } = truth.sale;
    const sale = (n, quantity) => sale_line({ id: `by-hand-${Date.now()}-${n}`,
        product: { product_id, cents }, store: { store_id }, at_ms: Date.now(), quantity });
    const file_of = (name, rows) => {
        const path = join(dir, name);
        writeFileSync(path, SALES_HEAD + rows.join(""));
        return path;
    };
    const add = (orders, units) => {
        const sums = truth.cents + units * cents, count = Number(truth.totals.orders) + orders;
        truth.cents = sums;
        truth.totals = { revenue: decimal(sums), orders: String(count),
            units: String(Number(truth.totals.units) + units),
            average: decimal(Math.floor((2 * sums + count) / (2 * count))) };
    };

    await check("a good file is uploaded, and the page adds it up", async () => {
        const path = file_of("good.csv", Array.from({ length: 500 }, (_, n) => sale(n, 2)));
        assert.equal(await send_file(page, "sales", path), "500 rows written");
        add(500, 1000);
        await shows(page, truth.totals);
    });
    await check("of a bad one nothing is written, or what is good, as asked for", async () => {
        const path = file_of("bad.csv", [sale(0, 1), sale(1, -1), "one,two,three\n", sale(2, 1)]);
        assert.match(await send_file(page, "sales", path, "all"), /^Nothing was written: /);
        assert.deepEqual((await rows_of(page, "report-rows")).map(([line]) => line), ["3", "4"]);
        assert.equal(await send_file(page, "sales", path), "2 rows written, 2 refused");
        add(2, 2);
        await shows(page, truth.totals);
    });
};

const rest = async () => {
    const truth = JSON.parse(readFileSync(truth_file, "utf8"));
    const page = await open(browser, link);

    await compare(page, truth);
    await hand_in(page, truth);
    await check("while the server restarts the page says so, and then it is back", async () => {
        const lost = page.waitForSelector("html[data-state=lost]", { timeout: PATIENCE_MS });
        await Promise.all([lost, promisify(execFile)(restart[0], restart.slice(1))]);
        await page.waitForSelector("html[data-state=live]", { timeout: PATIENCE_MS });
        await shows(page, truth.totals);
    });
};

try {
    await { selling, rest }[mode]();
} catch (error) {
    await check(`the page can be opened`, () => {
        throw error;
    });
} finally {
    await browser.close();
    rmSync(dir, { recursive: true });
}
process.exit(summary());
