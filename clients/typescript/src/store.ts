// Where an outbox keeps what is not sent yet. A store is shared by all tabs or processes that open
// it under one name; it belongs to one person at one vault, which its name should say.

import type { Message, NewMessage } from "./types.js";

export interface Entry {
    conversation: string;
    message: NewMessage & { client_id: string; timestamp: string };
    /** Why the vault refused it for good; null while it is to be sent. */
    refusal: Refusal | null;
}

export interface Refusal {
    status: number;
    code: string;
    reason: string;
}

export interface OutboxStore {
    /** Behind all others. Throws a StorageProblem where it cannot be kept. */
    add(entry: Entry): Promise<void>;
    /** In the order in which they were added. */
    list(): Promise<Entry[]>;
    /** Keeps its place. Does nothing if the entry is gone. */
    replace(entry: Entry): Promise<void>;
    /** Does nothing if the entry is gone. */
    remove(clientId: string): Promise<void>;
    /** Runs the work while no other sender of this store does, where that can be had. */
    alone(work: () => Promise<void>, signal: AbortSignal): Promise<void>;
    /** Tells the others that something changed, and perhaps what was stored by it. */
    announce(delivered?: Message): void;
    /** Hears what others announce. Gives a function that ends it. */
    hear(listener: (delivered?: Message) => void): () => void;
    close(): void;
}

/** For tests, and where losing what is unsent with the page is meant. */
export class MemoryStore implements OutboxStore {
    private entries: Entry[] = [];

    async add(entry: Entry): Promise<void> {
        this.entries.push(entry);
    }
    async list(): Promise<Entry[]> {
        return [...this.entries];
    }
    async replace(entry: Entry): Promise<void> {
        this.entries = this.entries.map((old) =>
            old.message.client_id === entry.message.client_id ? entry : old,
        );
    }
    async remove(clientId: string): Promise<void> {
        this.entries = this.entries.filter((entry) => entry.message.client_id !== clientId);
    }
    alone(work: () => Promise<void>): Promise<void> {
        return work();
    }
    announce(): void {}
    hear(): () => void {
        return () => undefined;
    }
    close(): void {}
}
