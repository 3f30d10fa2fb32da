// The vault as its gateway shows it: files below a prefix, their versions, their bytes.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Version {
    version: number;
    kind: string;
    size: number | null;
    sha256: string | null;
    created_at: string;
}

/** What went wrong, for a person. */
export class Trouble extends Error {}

const attempts = 3;
const patience = 60_000;

export class Vault {
    private readonly url: string;
    private readonly token: string;

    constructor(url: string, token: string) {
        const parsed = URL.canParse(url) ? new URL(url) : null;
        const loopback = parsed && ["localhost", "127.0.0.1", "[::1]"].includes(parsed.hostname);
        if (!parsed || !(parsed.protocol === "https:" || (parsed.protocol === "http:" && loopback)))
            throw new Trouble("VVAULT_URL must be https://…, or http:// on this machine: the token would cross the network in the clear");
        this.url = url.replace(/\/+$/, "");
        this.token = token;
    }

    /** What the environment says, else what `make run` left. */
    static fromEnvironment(): Vault {
        const { VVAULT_URL, VVAULT_TOKEN, VVAULT_PORT } = process.env;
        const home = homeOfVault();
        const url = VVAULT_URL || (VVAULT_PORT && `http://127.0.0.1:${VVAULT_PORT}`) ||
            line(join(home, "url")) || "http://127.0.0.1:8787";
        const token = VVAULT_TOKEN || line(join(home, "api-key"));
        if (!token) throw new Trouble(`there is no token: set VVAULT_TOKEN (nothing is in ${home})`);
        return new Vault(url, token);
    }

    async paths(prefix: string): Promise<string[]> {
        const found: string[] = [];
        for (let after = ""; ; ) {
            const query = new URLSearchParams({ prefix, include_deleted: "true", shared: "false", limit: "1000" });
            if (after) query.set("after", after);
            const page = (await this.json(`/files?${query}`)) as { files: { path: string }[] };
            found.push(...page.files.map((file) => file.path));
            const last = page.files.at(-1);
            if (page.files.length < 1000 || !last) return found;
            after = last.path;
        }
    }

    async history(path: string): Promise<Version[]> {
        const told = (await this.json(`${place(path)}?history`)) as { versions: Version[] };
        return told.versions.sort((a, b) => a.version - b.version);
    }

    async content(path: string, version: number): Promise<Buffer> {
        const answer = await this.request("GET", `${place(path)}?version=${version}`);
        return Buffer.from(await answer.arrayBuffer());
    }

    /** A new version behind `expected` (0: there must be none); its number. */
    async put(path: string, content: Uint8Array, expected: number, about: object): Promise<number> {
        const match: Record<string, string> = expected > 0 ? { "If-Match": `"${expected}"` } : { "If-None-Match": "*" };
        const metadata = JSON.stringify(about).replace(/[\u007f-\uffff]/g, (c) =>
            "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
        const answer = await this.request("PUT", place(path), content,
            { ...match, "Content-Type": "application/json", "Vvault-Metadata": metadata });
        return ((await answer.json()) as { version: number }).version;
    }

    /** An old version again, as a new one. */
    async again(path: string, version: number): Promise<number> {
        const answer = await this.request("POST", `${place(path)}?restore=${version}`);
        return ((await answer.json()) as { version: number }).version;
    }

    async undelete(path: string): Promise<void> {
        await this.request("POST", `${place(path)}?undelete`);
    }

    private async json(path: string): Promise<unknown> {
        return (await this.request("GET", path)).json();
    }

    private async request(method: string, path: string, body?: Uint8Array,
                          headers: Record<string, string> = {}): Promise<Response> {
        for (let attempt = 1; ; ++attempt) {
            let answer: Response;
            try {
                answer = await fetch(this.url + path, {
                    method, redirect: "error", signal: AbortSignal.timeout(patience),
                    headers: { Authorization: `Bearer ${this.token}`, ...headers },
                    ...(body ? { body: new Uint8Array(body) } : {}),
                });
            } catch {
                // A PUT is tied to the version before it, but what became of it is not known.
                if (method === "GET" && attempt < attempts) {
                    await new Promise((wake) => setTimeout(wake, 200 * attempt));
                    continue;
                }
                throw new Trouble(`the vault at ${this.url} cannot be reached`);
            }
            if (answer.ok) return answer;
            if (answer.status >= 500 && method === "GET" && attempt < attempts) {
                await new Promise((wake) => setTimeout(wake, 200 * attempt));
                continue;
            }
            const problem = (await answer.json().catch(() => ({}))) as { detail?: string };
            throw new Trouble(`the vault refuses (${answer.status}): ${problem.detail ?? "it does not say why"}`);
        }
    }
}

function place(path: string): string {
    return "/files/" + path.split("/").map(encodeURIComponent).join("/");
}

function homeOfVault(): string {
    if (process.env["VVAULT_HOME"]) return process.env["VVAULT_HOME"];
    if (existsSync(".vvault")) return ".vvault";
    // Below tools/, built or not.
    for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder))
        if (existsSync(join(folder, ".vvault"))) return join(folder, ".vvault");
    return ".vvault";
}

function line(path: string): string | null {
    try {
        return readFileSync(path, "utf8").trim() || null;
    } catch {
        return null;
    }
}
