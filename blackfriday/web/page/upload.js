/* upload.js - a CSV file, dragged in or chosen, sent as it is, and what the server says of it. */
import { bytes, count } from "./format.js";
import { by_id, make, row_of, say, set_text, show_rows } from "./dom.js";

const SHOWN_ROWS = 100;
const ASK_MS = 500;

const refusals = {
    0: "The connection broke, or the file was changed since it was chosen. Nothing is known to be " +
        "written. Choose it again.",
    401: "The server wants its token: open the page once with /?token=… behind its address.",
    403: "The server takes files from its own page alone.",
    413: "The file is larger than the server takes.",
    429: "Too many files at once. Try again in a moment.",
};

/* 128 bits, so that nobody else's upload is met. */
const new_id = () => Array.from(crypto.getRandomValues(new Uint8Array(16)),
    (byte) => byte.toString(16).padStart(2, "0")).join("");

/* The rows of a small, sound CSV text, as the server writes its report. */
export const csv_rows = (text) => {
    const rows = [];
    let row = [];
    for (const [, quoted, plain, end] of text.matchAll(
        /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
        if (!end && !row.length && !quoted && !plain)
            break;
        row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
        if (end === ",")
            continue;
        rows.push(row);
        row = [];
    }
    return rows;
};

const show_bar = (text, part) => {
    by_id("going").hidden = false;
    say("bar-said", text);
    if (part === null)
        by_id("bar").removeAttribute("value");
    else
        by_id("bar").value = Math.round(1000 * part);
};

const ask = async (id) => {
    const response = await fetch(`/upload/${id}`, { cache: "no-store" });
    return response.ok ? response.json() : null;
};

/* Sends the file; resolves to { status, answer }, with status 0 where the line broke. */
const send = (file, kind, rows, id, on_going) => {
    const request = new XMLHttpRequest(); /* fetch does not tell how much was sent */
    const going = { sent: 0, rows: 0, refused: 0 };
    const timer = setInterval(async () => {
        const counts = await ask(id).catch(() => null);
        if (counts)
            on_going(Object.assign(going, { rows: counts.rows, refused: counts.refused }));
    }, ASK_MS);

    const done = new Promise((resolve) => {
        request.upload.addEventListener("progress", ({ loaded }) =>
            on_going(Object.assign(going, { sent: loaded })));
        request.addEventListener("load", () =>
            resolve({ status: request.status, answer: request.response }));
        request.addEventListener("error", () => resolve({ status: 0, answer: null }));
        request.addEventListener("abort", () => resolve({ status: -1, answer: null }));
        request.responseType = "json";
        request.open("POST", `/upload/${kind}?rows=${rows}&id=${id}`);
        request.setRequestHeader("Content-Type", "text/csv");
        request.send(file);
    }).finally(() => clearInterval(timer));

    return { done, cancel: () => request.abort() };
};

const title_of = (status, { written, refused }) =>
    status === 422 ? "Nothing was written"
        : `${count(written)} ${written === 1 ? "row" : "rows"} written` +
            (refused ? `, ${count(refused)} refused` : "");

const show_result = (status, answer) => {
    const counted = answer && answer.rows !== undefined;
    by_id("result").hidden = false;
    by_id("result").dataset.level = status !== 200 ? "bad" : answer.refused ? "some" : "good";
    by_id("result-figures").hidden = !counted;
    if (counted)
        for (const name of ["rows", "accepted", "refused", "written"])
            say(`result-${name}`, count(answer[name]));
    say("result-title", status === 200 || (status === 422 && counted) ? title_of(status, answer)
        : status === -1 ? "Cancelled" : "The file was not taken");
    say("result-said", answer?.error ?? answer?.message ??
        (status === -1 ? "Nothing was written." : status === 422 && answer.refused
            ? "Some rows were refused, and all or none was asked for."
            : status === 200 ? "" : refusals[status] ?? `The server answered ${status}.`));
};

const show_report = async (id, refused) => {
    const path = `/upload/${id}/report.csv`;
    const response = await fetch(path, { cache: "no-store" });
    if (!response.ok)
        return;
    const rows = csv_rows(await response.text()).slice(1);
    by_id("report").hidden = false;
    by_id("report-link").href = path;
    show_rows(by_id("report-rows"), rows.slice(0, SHOWN_ROWS), {
        key: (row) => rows.indexOf(row),
        start: () => row_of("th place", "code", ""),
        fill: (row, texts) => [0, 1, 2].forEach((i) => set_text(row.cells[i], texts[i] ?? "")),
    });
    say("report-more", refused > SHOWN_ROWS
        ? `The first ${SHOWN_ROWS} of ${count(refused)}; the report has more.` : "");
};

export const start_upload = () => {
    const form = by_id("form"), input = by_id("file"), drop = by_id("drop");
    let file = null, running = null;

    const choose = (chosen) => {
        file = chosen ?? null;
        by_id("send").disabled = !file || running !== null;
        drop.dataset.chosen = file ? "yes" : "";
        by_id("file-said").replaceChildren(...(file
            ? [make("b", { textContent: file.name }), ` ${bytes(file.size)}`]
            : ["No file chosen. The first line names the columns."]));
    };
    const busy = (task) => {
        running = task;
        by_id("cancel").hidden = !task;
        by_id("going").hidden = !task;
        by_id("send").disabled = !file || task !== null;
        form.querySelectorAll("input").forEach((field) => {
            field.disabled = task !== null;
        });
    };
    const going = ({ sent, rows, refused }) => show_bar(
        (sent < file.size ? `Sending: ${bytes(sent)} of ${bytes(file.size)}` : "Writing") +
        (rows ? `; ${count(rows)} rows looked at` : "") +
        (refused ? `, ${count(refused)} refused` : ""), sent < file.size ? sent / file.size : null);

    const upload = async () => {
        const id = new_id(), { kind, rows } = Object.fromEntries(new FormData(form));
        const task = send(file, kind, rows, id, (counts) => running && going(counts));
        by_id("result").hidden = by_id("report").hidden = true;
        busy(task);
        show_bar("Sending", 0);
        let { status, answer } = await task.done;
        if (status === 0) { /* the answer was lost, and the work perhaps not */
            const counts = await ask(id).catch(() => null);
            if (counts?.over)
                [status, answer] = [counts.written || !counts.refused ? 200 : 422, counts];
        }
        busy(null);
        if (status === 200 || status === 422)
            forget();
        show_result(status, answer);
        if (answer?.refused)
            await show_report(id, answer.refused).catch(() => {});
    };

    /* A file that is mended and chosen again must be read anew, and browsers keep the old one. */
    const forget = () => {
        input.value = "";
        choose(null);
    };

    input.addEventListener("click", () => {
        input.value = "";
    });
    input.addEventListener("change", () => choose(input.files[0]));
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        if (file && !running)
            upload();
    });
    by_id("cancel").addEventListener("click", () => running?.cancel());

    /* A file may be dropped anywhere: one that misses the frame must not replace the page. */
    const over = (event) => {
        event.preventDefault();
        drop.dataset.over = event.type === "dragover" ? "yes" : "";
    };
    document.addEventListener("dragover", over);
    document.addEventListener("dragleave", over);
    document.addEventListener("drop", (event) => {
        over(event);
        if (event.dataTransfer.files.length && !running) {
            choose(event.dataTransfer.files[0]);
            by_id("send").focus();
        }
    });
    choose(null);
};
