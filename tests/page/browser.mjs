/* browser.mjs - a real Chromium, and pages that remember what they complained of. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "./check.mjs";

const require = createRequire(join(process.env.LEAT_PAGE_NPM, "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core"), "utf8");

export const SHOTS = join(process.env.LEAT_LOGS ?? "build/logs", "page");
export const WIDTHS = [360, 820, 1440];

export const launch = () => chromium.launch({
    executablePath: process.env.LEAT_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--disable-dev-shm-usage"],
});

/* A page whose complaints (of the policy, of scripts, of files not found) gather in .complaints. */
export const open = async (browser, url, { width = 1440, theme = "light", calm = true, ready = true,
    ...more } = {}) => {
    const context = await browser.newContext({ viewport: { width, height: 900 },
        colorScheme: theme, reducedMotion: calm ? "reduce" : "no-preference",
        timezoneId: "UTC", locale: "en-GB", ...more });
    const page = await context.newPage();
    page.setDefaultTimeout(60000);
    page.complaints = [];
    page.on("pageerror", (error) => page.complaints.push(`script: ${error.message}`));
    page.on("console", (message) => ["error", "warning"].includes(message.type()) &&
        page.complaints.push(`console: ${message.text()}`));
    await page.addInitScript(() => document.addEventListener("securitypolicyviolation", (event) =>
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`)));
    await page.goto(url);
    if (ready)
        await page.waitForSelector("html[data-state=live] #revenue:not([data-exact=''])");
    return page;
};

/* Another width; nothing may stand out sideways once the chart has followed. */
export const resize = async (page, width) => {
    await page.setViewportSize({ width, height: 900 });
    await until(`nothing is wider than ${width}`, async () => {
        const widths = await page.evaluate(() => [document.documentElement.scrollWidth,
            Math.round(document.getElementById("plot").parentElement.clientWidth -
                document.getElementById("plot").clientWidth)]);
        return (widths[0] === width && Math.abs(widths[1]) <= 1) || widths;
    });
};

/* What axe finds that is serious or critical, a line each. */
export const axe_finds = async (page) => {
    const { violations } = await page.context().newCDPSession(page).then(async (session) => {
        /* By the debugger, since the page's own policy lets no script in. */
        await session.send("Runtime.evaluate", { expression: axe });
        const { result } = await session.send("Runtime.evaluate", { awaitPromise: true,
            returnByValue: true, expression: "axe.run().then(({ violations }) => " +
                "({ violations: violations.map(({ id, impact, help, nodes }) => " +
                "({ id, impact, help, where: nodes.map((n) => n.target.join(' ')) })) }))" });
        await session.detach();
        return result.value;
    });
    return violations.filter(({ impact }) => ["serious", "critical"].includes(impact))
        .map(({ id, impact, help, where }) => `${impact} ${id}: ${help} (${where.slice(0, 4)})`);
};

/* The whole page, or what is seen without scrolling. */
export const shoot = async (page, name, whole = true) => {
    mkdirSync(SHOTS, { recursive: true });
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: whole });
};

/* A page of its own at every width: pictures of it, and nothing that axe or the browser minds. */
export const fits_and_reads = async (browser, url, theme, name) => {
    const page = await open(browser, url, { theme });
    for (const width of WIDTHS) {
        await resize(page, width);
        await shoot(page, `${name}-${width}-${theme}`);
        assert.deepEqual(await axe_finds(page), []);
    }
    assert.deepEqual(page.complaints, []);
    await page.context().close();
};

/* A script in the page's own text does not run, and the policy says so. */
export const lets_no_script_in = async (page) => {
    await page.evaluate(() => document.head.append(Object.assign(
        document.createElement("script"), { textContent: "window.broken = true" })));
    assert.equal(await page.evaluate(() => window.broken), undefined);
    assert.ok(page.complaints.some((text) => text.startsWith("console: policy:")));
};
