// Messages on their way. What is written is kept first and sent then, each in its conversation's
// order, for as long as it takes. The vault knows a message by its client_id, so one whose answer
// was lost is simply sent again.
//
// Several tabs or processes may send from one store. None of them sends a message before the one
// ahead of it in its conversation has been answered, to whomever: so order holds, and client_id
// keeps doubles out, even where a store cannot keep two senders apart.

import { LaneSender } from "./lanes.js";
import type { LaneOutcome } from "./lanes.js";
import type { VaultClient } from "./client.js";
import { StorageProblem } from "./problem.js";
import type { Entry, OutboxStore } from "./store.js";
import type { Message, NewMessage } from "./types.js";
import { sleep } from "./waiting.js";

export type OutboxState =
    | { phase: "idle" | "sending" }
    /** The server is away or busy; the next try comes by itself. */
    | { phase: "waiting"; reason: string }
    /** The token is not accepted: give the client another, then call resume(). */
    | { phase: "signed-out"; reason: string }
    /** What is unsent cannot be read, or what was sent cannot be taken out. */
    | { phase: "storage"; reason: string };

export interface OutboxOptions {
    client: VaultClient;
    store: OutboxStore;
    newId?: () => string;
    now?: () => Date;
    /** How often an answer 5xx to one and the same message is taken before it counts as refused. */
    patience?: number;
}

export type Draft = Omit<NewMessage, "client_id" | "timestamp" | "role"> &
    Partial<Pick<NewMessage, "client_id" | "timestamp" | "role">>;

export class Outbox {
    private known: Entry[] = [];
    private current: OutboxState = { phase: "idle" };
    private readonly client: VaultClient;
    private readonly store: OutboxStore;
    private readonly newId: () => string;
    private readonly now: () => Date;
    private readonly sender: LaneSender;
    private readonly listeners = new Set<() => void>();
    private readonly receivers = new Set<(message: Message) => void>();
    private readonly closing = new AbortController();
    private readonly unhear: () => void;
    private running: Promise<void> | null = null;
    private again = false;
    private nap = new AbortController();

    constructor(options: OutboxOptions) {
        this.client = options.client;
        this.store = options.store;
        this.newId = options.newId ?? (() => crypto.randomUUID());
        this.now = options.now ?? (() => new Date());
        this.sender = new LaneSender(this.client, options.patience ?? 8);
        this.unhear = this.store.hear((delivered) => {
            if (delivered) this.receivers.forEach((receive) => receive(delivered));
            void this.refresh().then(() => this.kick());
        });
    }

    get state(): OutboxState {
        return this.current;
    }

    /** What is not sent yet or refused, in order. */
    entries(conversation?: string): Entry[] {
        return conversation === undefined
            ? this.known
            : this.known.filter((entry) => entry.conversation === conversation);
    }

    /** Reads what was left from before and begins to send it. */
    async open(): Promise<this> {
        await this.refresh();
        this.kick();
        return this;
    }

    /** Resolves once the message is kept. Throws a StorageProblem if it cannot be: then keep the text. */
    async write(conversation: string, draft: Draft): Promise<Entry> {
        const entry: Entry = {
            conversation,
            message: {
                role: "user",
                ...draft,
                client_id: draft.client_id ?? this.newId(),
                timestamp: draft.timestamp ?? this.now().toISOString(),
            },
            refusal: null,
        };
        await this.store.add(entry);
        this.store.announce();
        await this.refresh();
        this.kick();
        return entry;
    }

    /** Sends a refused message once more; what stood behind it meanwhile may have gone ahead. */
    async retry(clientId: string): Promise<void> {
        const entry = this.known.find((one) => one.message.client_id === clientId);
        if (!entry?.refusal) return;
        await this.store.replace({ ...entry, refusal: null });
        this.store.announce();
        await this.refresh();
        this.kick();
    }

    /** Gives a message up. One that is being sent may have arrived all the same. */
    async discard(clientId: string): Promise<void> {
        await this.store.remove(clientId);
        this.store.announce();
        await this.refresh();
    }

    /** Try now, not when the pause is over: the network is back, the page is in front again. */
    wake(): void {
        this.nap.abort();
        this.kick();
    }

    /** After setToken() on the client. */
    resume(): void {
        if (this.current.phase === "signed-out") this.become({ phase: "idle" });
        this.wake();
    }

    /** Calls back when entries() or state may have changed. Gives a function that ends it. */
    subscribe(listener: () => void): () => void {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
    }

    /** Calls back with each message that the vault has stored, before it leaves entries(). */
    onDelivered(receiver: (message: Message) => void): () => void {
        this.receivers.add(receiver);
        return () => this.receivers.delete(receiver);
    }

    /** Resolves when nothing is being sent; what is unsent stays kept. */
    async close(): Promise<void> {
        this.closing.abort();
        this.nap.abort();
        this.unhear();
        await this.running;
        this.store.close();
    }

    private become(state: OutboxState): void {
        this.current = state;
        this.listeners.forEach((listener) => listener());
    }

    private async refresh(): Promise<void> {
        try {
            this.known = await this.store.list();
            this.listeners.forEach((listener) => listener());
        } catch (error) {
            this.storageFailed(error);
        }
    }

    private storageFailed(error: unknown): void {
        this.again = false;
        const problem =
            error instanceof StorageProblem ? error : new StorageProblem("failed", error);
        this.become({ phase: "storage", reason: problem.message });
    }

    private kick(): void {
        this.again = true;
        if (this.running || this.closing.signal.aborted || this.current.phase === "signed-out")
            return;
        this.running = this.store
            .alone(() => this.run(), this.closing.signal)
            .catch((error: unknown) => {
                if (!this.closing.signal.aborted) this.storageFailed(error);
            })
            .finally(() => {
                this.running = null;
                if (this.again) this.kick();
            });
    }

    private async run(): Promise<void> {
        while (!this.closing.signal.aborted) {
            this.again = false;
            this.nap = new AbortController();
            this.known = await this.store.list();
            if (!this.known.some((entry) => entry.refusal === null)) {
                this.sender.forget();
                this.become({ phase: "idle" });
                if (!this.again) return;
                continue;
            }
            this.become({ phase: "sending" });
            const outcome = await this.sender.round(
                this.known,
                this.closing.signal,
                (entry, result) => this.settle(entry, result),
            );
            if (outcome.signedOut) {
                this.again = false;
                return this.become({ phase: "signed-out", reason: outcome.signedOut });
            }
            if (outcome.pause > 0 && !this.closing.signal.aborted) {
                this.become({ phase: "waiting", reason: outcome.reason });
                await sleep(outcome.pause, outcome.asked ? this.closing.signal : this.nap.signal);
            }
        }
    }

    private async settle(entry: Entry, result: LaneOutcome): Promise<void> {
        if (result.kind === "stored") {
            this.receivers.forEach((receive) => receive(result.message));
            await this.store.remove(entry.message.client_id);
            this.store.announce(result.message);
        } else {
            await this.store.replace({ ...entry, refusal: result.refusal });
            this.store.announce();
        }
        await this.refresh();
    }
}
