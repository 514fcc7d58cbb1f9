/* events.js - server-sent events over fetch, for ever.
 *
 * EventSource hides the server's heartbeat and its status; both are needed here, to tell a silent
 * line from a quiet one, and a wrong token from a server that is away.
 */

const SILENCE_MS = 15000; /* three heartbeats */
const LONGEST_PAUSE_MS = 5000;
const LONGEST_EVENT = 4 << 20; /* characters; sections are bounded far below */

class Refused extends Error {}

/* Takes text as it comes and calls taken(name, data) for each event. */
export const event_parser = (taken) => {
    let rest = "", name = "message", data = [];

    const take_line = (line) => {
        if (line === "") {
            if (data.length)
                taken(name, data.join("\n"));
            name = "message";
            data = [];
        } else if (line.startsWith("event:")) {
            name = line.slice(6).trimStart();
        } else if (line.startsWith("data:")) {
            data.push(line.slice(5).replace(/^ /, ""));
        }
    };
    return (text) => {
        const lines = (rest + text).split("\n");
        rest = lines.pop();
        if (rest.length > LONGEST_EVENT)
            throw new Error("an event without an end");
        lines.forEach((line) => take_line(line.replace(/\r$/, "")));
    };
};

const read = async (url, signal, heard, taken) => {
    const response = await fetch(url, { signal, cache: "no-store",
        headers: { Accept: "text/event-stream" } });
    if (response.status === 401 || response.status === 403)
        throw new Refused();
    if (!response.ok || !response.body)
        throw new Error(`status ${response.status}`);
    heard();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const parse = event_parser(taken);
    for (;;) {
        const { done, value } = await reader.read();
        if (done)
            return;
        heard();
        parse(value);
    }
};

/* Calls on_event(name, object) for each event, and on_state(state, heard_ms) when the line is
 * "live", "lost" or "refused"; heard_ms is when the server was heard last, 0: never. */
export const listen = (url, { on_event, on_state }) => {
    let heard_ms = 0, tries = 0, hurry = () => {};

    const once = async () => {
        const control = new AbortController();
        let watch;
        const heard = () => {
            clearTimeout(watch);
            watch = setTimeout(() => control.abort(), SILENCE_MS);
            heard_ms = Date.now();
            tries = 0;
            on_state("live", heard_ms);
        };
        watch = setTimeout(() => control.abort(), SILENCE_MS);
        try {
            await read(url, control.signal, heard, (name, data) => on_event(name, JSON.parse(data)));
            return "lost";
        } catch (error) {
            return error instanceof Refused ? "refused" : "lost";
        } finally {
            clearTimeout(watch);
            control.abort();
        }
    };
    const pause = () => new Promise((resolve) => {
        const ms = Math.min(LONGEST_PAUSE_MS, 250 * 2 ** tries++) * (0.75 + Math.random() / 2);
        hurry = resolve;
        setTimeout(resolve, ms);
    });
    const run = async () => {
        for (;;) {
            on_state(await once(), heard_ms);
            await pause();
        }
    };

    addEventListener("online", () => hurry());
    document.addEventListener("visibilitychange", () => document.hidden || hurry());
    run();
};
