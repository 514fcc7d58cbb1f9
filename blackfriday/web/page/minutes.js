/* minutes.js - sales per minute against the hour before: the chart, and the same as a table. */
import { at_minute, count, money } from "./format.js";
import { by_id, make, row_of, say, set_text, show_rows } from "./dom.js";

const MINUTE_MS = 60000;
const HOUR = 60;
const NOTHING = { orders: 0, revenue: "0.00", units: 0 };

const measured = { revenue: (m) => m && Number(m.revenue), orders: (m) => m && m.orders };
const shown = { revenue: money, orders: count };

/* The last hour, and the one before it minute by minute. A minute without sales is nothing sold,
 * but one before the first sale is not known. */
export const hours_of = (minutes) => {
    const by_time = new Map(minutes.map((minute) => [minute.at_ms, minute]));
    const newest_ms = Math.max(...by_time.keys()), first_ms = Math.min(...by_time.keys());
    const at = (ms) => by_time.get(ms) ?? (ms >= first_ms ? NOTHING : null);

    return Array.from({ length: HOUR }, (_, i) => {
        const at_ms = newest_ms - (HOUR - 1 - i) * MINUTE_MS;
        return { at_ms, now: at(at_ms), before: at(at_ms - HOUR * MINUTE_MS) };
    });
};

/* How the hour does against the one before: the minute at hand is not over, so it does not count.
 * null where the hour before is not known as a whole. */
export const pace_of = (hours) => {
    const whole = hours.slice(0, -1);
    if (!whole.every(({ now, before }) => now && before))
        return null;
    const sum = (side) => whole.reduce((total, hour) => total + Number(hour[side].revenue), 0);
    const before = sum("before");
    return before > 0 ? sum("now") / before - 1 : null;
};

const probe = make("span", { hidden: true });
document.body.append(probe);

/* A colour of the style sheet, as the theme at hand has it. */
const colour = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
};

const fade = (context) => {
    const { ctx, chartArea: area } = context.chart;
    if (!area)
        return "transparent";
    const gradient = ctx.createLinearGradient(0, area.top, 0, area.bottom);
    gradient.addColorStop(0, colour("--accent-soft"));
    gradient.addColorStop(1, colour("--accent-none"));
    return gradient;
};

const short = (n) => n >= 1e6 ? `${n / 1e6}M` : n >= 1e3 ? `${n / 1e3}k` : String(n);

const options_of = (measure) => ({
    responsive: true,
    maintainAspectRatio: false,
    animation: false,
    interaction: { mode: "index", intersect: false },
    layout: { padding: { top: 6, right: 2 } },
    plugins: {
        legend: { display: false },
        tooltip: {
            displayColors: false,
            padding: 10,
            callbacks: {
                label: ({ dataset, raw }) => `${dataset.label}: ` + (measure() === "revenue"
                    ? money(raw.toFixed(2)) : count(raw)),
            },
        },
    },
    scales: {
        x: { grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 32 } },
        y: { beginAtZero: true, grid: { drawBorder: false },
            ticks: { maxTicksLimit: 5, padding: 8, callback: short, precision: 0 } },
    },
});

const unfinished = ({ p1DataIndex }) => p1DataIndex === HOUR - 1 ? [3, 4] : undefined;

const data_of = () => ({
    labels: [],
    datasets: [
        { label: "Last hour", data: [], borderWidth: 2, pointRadius: 0, pointHoverRadius: 4,
            tension: 0.25, fill: true, backgroundColor: fade, segment: { borderDash: unfinished } },
        { label: "The hour before", data: [], borderWidth: 1.5, pointRadius: 0,
            pointHoverRadius: 3, tension: 0.25, borderDash: [2, 3] },
    ],
});

export const minutes_chart = () => {
    const picked = () => document.querySelector("input[name=measure]:checked").value;
    let chart = null, hours = [];

    const paint = () => {
        const [now, before] = chart.data.datasets;
        chart.options.color = colour("--muted");
        chart.options.scales.x.ticks.color = chart.options.scales.y.ticks.color = colour("--muted");
        chart.options.scales.y.grid.color = colour("--rule");
        Object.assign(chart.options.plugins.tooltip, { backgroundColor: colour("--ink"),
            titleColor: colour("--paper"), bodyColor: colour("--paper") });
        now.borderColor = now.pointBackgroundColor = colour("--accent");
        before.borderColor = before.pointBackgroundColor = colour("--before");
        now.data = hours.map((hour) => measured[picked()](hour.now));
        before.data = hours.map((hour) => measured[picked()](hour.before));
        chart.data.labels = hours.map((hour) => at_minute(hour.at_ms));
        chart.update();
    };
    const describe = () => {
        const values = hours.map((hour) => measured[picked()](hour.now) ?? 0);
        const best = values.indexOf(Math.max(...values));
        const form = (n) => shown[picked()](picked() === "revenue" ? n.toFixed(2) : n);
        by_id("plot").setAttribute("aria-label", `Line chart: ${picked()} per minute, from ` +
            `${at_minute(hours[0].at_ms)} to ${at_minute(hours.at(-1).at_ms)}; most at ` +
            `${at_minute(hours[best].at_ms)}: ${form(values[best])}.`);
    };
    const tabulate = () => {
        if (!by_id("plot-table").open)
            return;
        show_rows(by_id("plot-rows"), [...hours].reverse(), {
            key: (hour) => hour.at_ms,
            start: () => row_of("th", "number", "number", "number"),
            fill: (row, { at_ms, now, before }) => [at_minute(at_ms), now ? count(now.orders) : "–",
                now ? money(now.revenue) : "–", before ? money(before.revenue) : "–"]
                .forEach((text, i) => set_text(row.cells[i], text)),
        });
    };
    const show = () => {
        if (!hours.length)
            return;
        say("minutes-title", picked() === "revenue" ? "Revenue per minute" : "Orders per minute");
        chart ??= new Chart(by_id("plot"), { type: "line", data: data_of(),
            options: options_of(picked) });
        paint();
        describe();
        tabulate();
    };

    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    document.querySelectorAll("input[name=measure]").forEach((input) =>
        input.addEventListener("change", show));
    by_id("plot-table").addEventListener("toggle", show);
    document.addEventListener("theme", show);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);

    return (minutes) => {
        hours = minutes.length ? hours_of(minutes) : [];
        show();
        return hours;
    };
};
