// The store of Node: a folder with one file for each message, so that no two processes ever write
// the same file and no lock can be left behind by one that was killed. A file appears whole or not
// at all (written beside, synced, renamed); its name gives its place: the time, then a count.
// Order between processes is that of the clock, and nobody waits for anybody: outbox.ts says why
// that neither doubles messages nor turns them around.

import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { mkdir, open, readFile, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { StorageProblem } from "./problem.js";
import type { Entry, OutboxStore } from "./store.js";

const suffix = ".message.json";

export class FileStore implements OutboxStore {
    private last = 0;
    private count = 0;
    private watcher: FSWatcher | null = null;
    private readonly listeners = new Set<() => void>();
    private notice: ReturnType<typeof setTimeout> | undefined;

    /** A folder for one person at one vault. It is made, closed to other users, when first needed. */
    constructor(private readonly folder: string) {}

    add(entry: Entry): Promise<void> {
        return this.kept(async () => {
            await mkdir(this.folder, { recursive: true, mode: 0o700 });
            const now = Math.max(Date.now(), this.last);
            this.count = now === this.last ? this.count + 1 : 0;
            this.last = now;
            const place = `${String(now).padStart(15, "0")}-${String(this.count).padStart(6, "0")}-${process.pid}`;
            await this.write(place + suffix, entry);
        });
    }

    list(): Promise<Entry[]> {
        return this.kept(async () => [...(await this.files()).values()]);
    }

    replace(entry: Entry): Promise<void> {
        return this.kept(async () => {
            const name = await this.fileOf(entry.message.client_id);
            if (name) await this.write(name, entry);
        });
    }

    remove(clientId: string): Promise<void> {
        return this.kept(async () => {
            const name = await this.fileOf(clientId);
            if (!name) return;
            await rm(join(this.folder, name), { force: true });
            await this.syncFolder();
        });
    }

    alone(work: () => Promise<void>): Promise<void> {
        return work();
    }

    announce(): void {} // the files themselves tell

    hear(listener: () => void): () => void {
        this.listeners.add(listener);
        void this.watchFolder();
        return () => this.listeners.delete(listener);
    }

    close(): void {
        clearTimeout(this.notice);
        this.watcher?.close();
        this.watcher = null;
        this.listeners.clear();
    }

    private async watchFolder(): Promise<void> {
        try {
            await mkdir(this.folder, { recursive: true, mode: 0o700 });
            if (this.watcher || this.listeners.size === 0) return;
            this.watcher = watch(this.folder, { persistent: false }, () => {
                clearTimeout(this.notice);
                this.notice = setTimeout(
                    () => this.listeners.forEach((listener) => listener()),
                    20,
                );
            });
            this.watcher.on("error", () => this.watcher?.close());
        } catch {
            // Nothing to watch: whoever adds to it is told why.
        }
    }

    private async files(): Promise<Map<string, Entry>> {
        const found = new Map<string, Entry>();
        let names: string[] = [];
        try {
            names = await readdir(this.folder);
        } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
        }
        for (const name of names.filter((one) => one.endsWith(suffix)).sort()) {
            try {
                found.set(
                    name,
                    JSON.parse(await readFile(join(this.folder, name), "utf8")) as Entry,
                );
            } catch (error) {
                // Another process has just sent it.
                if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
            }
        }
        return found;
    }

    private async fileOf(clientId: string): Promise<string | undefined> {
        for (const [name, entry] of await this.files())
            if (entry.message.client_id === clientId) return name;
        return undefined;
    }

    private async write(name: string, entry: Entry): Promise<void> {
        const draft = join(this.folder, `${name}.${process.pid}.draft`);
        try {
            const file = await open(draft, "w", 0o600);
            try {
                await file.writeFile(JSON.stringify(entry));
                await file.sync();
            } finally {
                await file.close();
            }
            await rename(draft, join(this.folder, name));
        } catch (error) {
            await rm(draft, { force: true }).catch(() => undefined);
            throw error;
        }
        await this.syncFolder();
    }

    private async syncFolder(): Promise<void> {
        if (process.platform === "win32") return; // folders cannot be opened there
        const folder = await open(this.folder, "r");
        try {
            await folder.sync();
        } finally {
            await folder.close();
        }
    }

    private async kept<T>(work: () => Promise<T>): Promise<T> {
        try {
            return await work();
        } catch (error) {
            const code = (error as NodeJS.ErrnoException).code ?? "";
            const full = ["ENOSPC", "EDQUOT"].includes(code);
            const blocked = ["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST"].includes(code);
            throw new StorageProblem(full ? "full" : blocked ? "blocked" : "failed", error);
        }
    }
}
