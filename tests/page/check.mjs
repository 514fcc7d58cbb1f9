/* check.mjs - checks that read as sentences, counted. */

let passed = 0, failed = 0;

export const check = async (name, body) => {
    try {
        await body();
        passed++;
        console.log(`passed: ${name}`);
    } catch (error) {
        failed++;
        console.log(`FAILED: ${name}\n    ${String(error.stack ?? error).replaceAll("\n", "\n    ")}`);
    }
};

/* Asks again until it is so; a page is painted when the browser sees fit. */
export const until = async (what, holds, patience_ms = 60000) => {
    const end = Date.now() + patience_ms;
    let last;
    for (;;) {
        try {
            last = await holds();
            if (last === true)
                return;
        } catch (error) {
            last = error.message;
        }
        if (Date.now() > end)
            throw new Error(`not so: ${what}; last: ${JSON.stringify(last)}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
};

export const summary = () => {
    console.log(`${passed} passed, ${failed} failed`);
    return failed ? 1 : 0;
};
