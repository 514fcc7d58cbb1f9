/* reading.mjs - what a person reads off the page, as plain data, and hands in. */

export const text_of = async (page, id) => (await page.textContent(`#${id}`)).trim();

/* A figure without its commas. */
export const figure_of = async (page, id) => (await text_of(page, id)).replaceAll(",", "");

/* The rows of a table body, each as the texts of its cells; of names with a bar only the name. */
export const rows_of = (page, id) => page.$$eval(`#${id} tr:not(.empty)`, (rows) => rows.map((row) =>
    [...row.cells].map((cell) => (cell.querySelector(".name") ?? cell.querySelector("span:not(.moved)")
        ?? cell).textContent.trim())));

export const plain = (rows) => rows.map((row) => row.map((text) => text.replaceAll(",", "")));

/* A file in the form of uploads, with what the page says in the end. */
export const send_file = async (page, kind, file, rows = "good") => {
    await page.check(`input[name=kind][value=${kind}]`, { force: true });
    await page.check(`input[name=rows][value=${rows}]`, { force: true });
    await page.setInputFiles("#file", file);
    await page.click("#send");
    await page.waitForSelector("#result:not([hidden])", { timeout: 600000 });
    return [await text_of(page, "result-title"), await text_of(page, "result-said")]
        .filter(Boolean).join(": ");
};
