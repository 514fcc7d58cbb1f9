/* theme.js - light, dark, or as the system has it. It runs before the first paint, so that a choice
 * made earlier does not flash. */
"use strict";
(() => {
    const names = { auto: "Auto", light: "Light", dark: "Dark" };
    const next = { auto: "light", light: "dark", dark: "auto" };
    const root = document.documentElement;

    const read = () => {
        try {
            const kept = localStorage.getItem("theme");
            return Object.hasOwn(names, kept ?? "") ? kept : "auto";
        } catch {
            return "auto"; /* storage may be forbidden; the page works without */
        }
    };
    const keep = (theme) => {
        try {
            localStorage.setItem("theme", theme);
        } catch { /* then it holds until the page is closed */ }
    };
    const show = (theme) => {
        root.dataset.theme = theme;
        const button = document.getElementById("theme");
        if (button) {
            document.getElementById("theme-text").textContent = names[theme];
            button.setAttribute("aria-label", `Colours: ${names[theme]}. Change to ` +
                names[next[theme]] + ".");
        }
        document.dispatchEvent(new Event("theme"));
    };

    show(read());
    document.addEventListener("DOMContentLoaded", () => {
        show(root.dataset.theme);
        document.getElementById("theme").addEventListener("click", () => {
            keep(next[root.dataset.theme]);
            show(next[root.dataset.theme]);
        });
    });
})();
