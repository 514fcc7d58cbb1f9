/* health.js - how far behind, how late, and who does what. */
import { at_second, count, duration } from "./format.js";
import { by_id, make, row_of, say, set_text, show_rows } from "./dom.js";

const SHOWN_PARTITIONS = 8;

const show_partitions = (partitions) => {
    const behind = partitions.filter(({ lag }) => lag > 0);

    show_rows(by_id("lag-rows"), behind.slice(0, SHOWN_PARTITIONS), {
        key: ({ topic, partition }) => `${topic}-${partition}`,
        start: () => row_of("th code", "number", "number"),
        empty: "All that was written has been read.",
        fill: (row, { topic, partition, lag }) => [topic, String(partition), count(lag)]
            .forEach((text, i) => set_text(row.cells[i], text)),
    });
};

/* Of sales-0, sales-1, sales-2, sales-5: sales 0–2, 5. */
export const tasks_by_name = (tasks) => {
    const groups = new Map();
    for (const task of tasks) {
        const [, name, number] = /^(.*?)[-_]?(\d*)$/.exec(task);
        groups.set(name, [...groups.get(name) ?? [], number]);
    }
    return [...groups].map(([name, numbers]) => [name, ranges_of(numbers)]);
};

const ranges_of = (numbers) => {
    const ranges = [];
    for (const n of numbers.filter(Boolean).map(Number).sort((a, b) => a - b))
        if (n === ranges.at(-1)?.[1] + 1)
            ranges.at(-1)[1] = n;
        else
            ranges.push([n, n]);
    return ranges.map(([from, to]) => from === to ? from : `${from}–${to}`).join(", ");
};

const instance_of = ({ id, address, tasks }) => make("li", {},
    make("p", {}, make("b", { textContent: id }), " ",
        make("span", { className: "detail", textContent: address ?? "" })),
    make("ul", { className: "tasks", ariaLabel: `Tasks of ${id}` },
        ...tasks_by_name(tasks).map(([name, numbers]) =>
            make("li", {}, `${name} `, make("b", { textContent: numbers })))));

/* Drawn anew only when it changed, so that what a reader reads is not pulled away. */
const show_instances = (instances) => {
    const list = by_id("instance-rows"), drawn = JSON.stringify(instances);
    if (list.dataset.drawn === drawn)
        return;
    list.dataset.drawn = drawn;
    list.replaceChildren(...(instances.length ? instances.map(instance_of)
        : [make("li", { className: "empty", textContent: "No instance is known." })]));
};

export const paint_health = (health) => {
    const instances = health.instances ?? [];

    say("lag", count(health.lag));
    by_id("lag").dataset.level = health.lag > 0 ? "some" : "none";
    say("lateness", health.lateness_ms == null ? "–" : duration(Math.max(0, health.lateness_ms)));
    say("late", count(health.late));
    say("rejected", count(health.rejected));
    by_id("rejected").dataset.level = health.rejected > 0 ? "low" : "none";
    say("instances", count(instances.length));
    say("tasks", count(instances.reduce((sum, { tasks }) => sum + tasks.length, 0)));
    say("health-updated", health.updated_ms ? `as of ${at_second(health.updated_ms)}` : "");
    show_partitions(health.partitions ?? []);
    show_instances(instances);
};
