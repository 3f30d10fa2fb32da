// The store of a browser: IndexedDB keeps the entries and gives them their order, a Web Lock lets
// one tab send at a time, a BroadcastChannel tells the other tabs. Pages without Web Locks (not
// served over HTTPS nor from localhost) do without: see outbox.ts for why that is right too.

import { StorageProblem } from "./problem.js";
import type { Entry, OutboxStore } from "./store.js";
import type { Message } from "./types.js";

const table = "entries";

export class IndexedDbStore implements OutboxStore {
    private database: Promise<IDBDatabase> | null = null;
    private readonly channel: BroadcastChannel | null;

    /** One name for each person at each vault. */
    constructor(private readonly name: string) {
        this.channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(name);
    }

    async add(entry: Entry): Promise<void> {
        await this.inTable("readwrite", (entries) => entries.add(entry));
    }

    list(): Promise<Entry[]> {
        return this.inTable("readonly", (entries) => entries.getAll() as IDBRequest<Entry[]>);
    }

    async replace(entry: Entry): Promise<void> {
        await this.atClientId(entry.message.client_id, (cursor) => cursor.update(entry));
    }

    async remove(clientId: string): Promise<void> {
        await this.atClientId(clientId, (cursor) => cursor.delete());
    }

    async alone(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
        if (!globalThis.navigator?.locks) return work();
        await navigator.locks.request(this.name, { signal }, work);
    }

    announce(delivered?: Message): void {
        this.channel?.postMessage({ delivered });
    }

    hear(listener: (delivered?: Message) => void): () => void {
        const hearing = (event: MessageEvent) =>
            listener((event.data as { delivered?: Message }).delivered);
        this.channel?.addEventListener("message", hearing);
        return () => this.channel?.removeEventListener("message", hearing);
    }

    close(): void {
        this.channel?.close();
        void this.database?.then(
            (database) => database.close(),
            () => undefined,
        );
        this.database = null;
    }

    private open(): Promise<IDBDatabase> {
        this.database ??= new Promise<IDBDatabase>((resolve, reject) => {
            const request = indexedDB.open(this.name, 1);
            request.onupgradeneeded = () => {
                const entries = request.result.createObjectStore(table, { autoIncrement: true });
                entries.createIndex("client_id", "message.client_id", { unique: true });
            };
            request.onsuccess = () => {
                const database = request.result;
                // Somebody deletes it or makes a newer one: let go, and open it anew when needed.
                database.onversionchange = database.onclose = () => {
                    database.close();
                    this.database = null;
                };
                resolve(database);
            };
            request.onerror = () => reject(request.error);
            request.onblocked = () =>
                reject(new DOMException("another tab holds it", "InvalidStateError"));
        });
        return this.database;
    }

    /** Resolves once the transaction is on its way to the disk, not when the request is done. */
    private async inTable<T>(
        mode: IDBTransactionMode,
        act: (entries: IDBObjectStore) => IDBRequest<T>,
    ): Promise<T> {
        try {
            const transaction = (await this.open()).transaction(table, mode, {
                durability: "strict",
            });
            const request = act(transaction.objectStore(table));
            await new Promise<void>((resolve, reject) => {
                transaction.oncomplete = () => resolve();
                transaction.onabort = () => reject(transaction.error ?? request.error);
            });
            return request.result;
        } catch (error) {
            this.database = null;
            throw new StorageProblem(reasonOf(error), error);
        }
    }

    private async atClientId(
        clientId: string,
        act: (cursor: IDBCursorWithValue) => void,
    ): Promise<void> {
        await this.inTable("readwrite", (entries) => {
            const request = entries.index("client_id").openCursor(clientId);
            request.onsuccess = () => {
                if (request.result) act(request.result);
            };
            return request;
        });
    }
}

function reasonOf(error: unknown): StorageProblem["reason"] {
    const name = error instanceof Error || error instanceof DOMException ? error.name : "";
    if (name === "QuotaExceededError") return "full";
    // No indexedDB at all is a ReferenceError or TypeError.
    return ["SecurityError", "InvalidStateError", "ReferenceError", "TypeError"].includes(name)
        ? "blocked"
        : "failed";
}
