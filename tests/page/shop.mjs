/* shop.mjs - a real broker, an instance of the topology and `blackfriday web`, on loopback. */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { until } from "./check.mjs";

const ROOT = process.env.LEAT_ROOT;
const PROGRAM = join(process.env.LEAT_BUILD, "blackfriday");
const BROKER = join(ROOT, "tests/kafka/broker.sh");

/* Below the kernel's own, so that no client takes it while the server is down. */
export const free_port = async () => {
    for (;;) {
        const port = 15000 + Math.floor(Math.random() * 17000);
        const free = await new Promise((resolve) => {
            const probe = createServer().once("error", () => resolve(false))
                .listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
        });
        if (free)
            return port;
    }
};

export class Shop {
    dir = mkdtempSync("/tmp/leat-page-");
    processes = [];

    constructor() {
        for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
            process.on(signal, () => {
                this.processes.forEach((child) => child.kill("SIGKILL"));
                process.exit(1); /* the broker sees that, and ends */
            });
    }

    open = () => {
        const brokers = join(this.dir, "brokers");
        execFileSync(BROKER, ["start", brokers], { stdio: ["ignore", "ignore", "inherit"],
            env: { ...process.env, LEAT_BROKER_OWNER: String(process.pid) } });
        this.config = join(this.dir, "page.conf");
        writeFileSync(this.config, ["application.id = page", "schema.registry.url = mock://page",
            `bootstrap.servers = ${readFileSync(join(brokers, "bootstrap"), "utf8").trim()}`,
            `state.dir = ${join(this.dir, "state")}`, ""].join("\n"));
    };

    run = (...all) => execFileSync(PROGRAM, [all[0], "--config", this.config, ...all.slice(1)],
        { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

    /* Its log goes to NAME.log, and is kept with the others. */
    start = (name, ...all) => {
        const logs = join(process.env.LEAT_LOGS, "page");
        mkdirSync(logs, { recursive: true });
        const log = openSync(join(logs, `${name}.log`), "a");
        const child = spawn(PROGRAM, [all[0], "--config", this.config, ...all.slice(1)],
            { stdio: ["ignore", log, log] });
        child.gone = new Promise((resolve) => child.on("exit", resolve));
        this.processes.push(child);
        return child;
    };

    web = async (port, ...all) => {
        const child = this.start(`web-${port}`, "web", "--port", String(port), ...all);
        child.url = `http://127.0.0.1:${port}/`;
        await until("the server listens", async () => {
            if (child.exitCode !== null)
                throw new Error(`it ended with ${child.exitCode}`);
            return (await fetch(`${child.url}health`)).status > 0;
        });
        return child;
    };

    end = async (child, signal = "SIGTERM") => {
        if (child.exitCode === null && child.signalCode === null)
            child.kill(signal);
        await child.gone;
        return child.exitCode;
    };

    close = async () => {
        for (const child of this.processes)
            await this.end(child, "SIGKILL");
        execFileSync(BROKER, ["stop", join(this.dir, "brokers")], { stdio: "ignore" });
        rmSync(this.dir, { recursive: true, force: true });
    };
}
