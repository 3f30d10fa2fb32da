// A conversation as it is shown, kept in step: the stream tells what is new, the outbox what is on
// its way, and a page of history stands before both. Whatever was missed is fetched by seq.

import type { VaultClient } from "./client.js";
import type { Connection } from "./follow.js";
import type { Outbox } from "./outbox.js";
import { Problem, Unreachable } from "./problem.js";
import { Timeline } from "./timeline.js";
import type { Item } from "./timeline.js";
import type { Conversation, VaultEvent } from "./types.js";
import { pause, sleep } from "./waiting.js";

export interface ViewOptions {
    client: VaultClient;
    outbox: Outbox;
    conversation: string;
    /** How many of the last messages to begin with. */
    history?: number;
}

export type ViewState =
    | { connection: "connecting" | Connection }
    /** Nobody has begun the conversation yet; the first message will. */
    | { connection: "absent" }
    | { connection: "refused"; problem: Problem };

export class ConversationView {
    items: Item[] = [];
    state: ViewState = { connection: "connecting" };
    conversation: Conversation | null = null;
    /** Are there messages before the first one shown? */
    hasEarlier = false;

    private readonly timeline = new Timeline();
    private readonly listeners = new Set<() => void>();
    private readonly ends: (() => void)[];
    private readonly closing = new AbortController();
    private appeared = new AbortController();
    private loaded = false;

    constructor(readonly options: ViewOptions) {
        this.ends = [
            options.outbox.subscribe(() => this.show()),
            options.outbox.onDelivered((message) => {
                if (message.conversation !== options.conversation) return;
                // Before the history is there it would stand alone; the history will bring it.
                if (this.loaded) this.timeline.add(message);
                this.appeared.abort();
                this.show();
            }),
        ];
        this.show();
    }

    subscribe(listener: () => void): () => void {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
    }

    /** Resolves when the view is closed, or the vault refuses to tell (state "refused"). */
    async run(): Promise<void> {
        const { signal } = this.closing;
        while (!signal.aborted) {
            try {
                await this.follow();
            } catch (error) {
                if (signal.aborted) return;
                if (error instanceof Unreachable || (error instanceof Problem && error.passes)) {
                    this.become({ connection: "waiting" });
                    await sleep(
                        pause(1, error.retryAfter, this.options.client.transport.pace),
                        signal,
                    );
                } else if (error instanceof Problem && error.status === 404) {
                    this.become({ connection: "absent" });
                    this.appeared = new AbortController();
                    await sleep(2000, this.appeared.signal);
                } else if (error instanceof Problem) {
                    return this.become({ connection: "refused", problem: error });
                } else {
                    throw error;
                }
            }
        }
    }

    async loadEarlier(count = 200): Promise<void> {
        const first = this.timeline.first;
        if (first === null || !this.hasEarlier) return;
        const { client, conversation } = this.options;
        const page = await client.messages(conversation, {
            before: first,
            limit: count,
            order: "desc",
        });
        page.messages.forEach((message) => this.timeline.add(message));
        this.hasEarlier = page.has_more;
        this.show();
    }

    close(): void {
        this.closing.abort();
        this.appeared.abort();
        this.ends.forEach((end) => end());
        this.listeners.clear();
    }

    private async follow(): Promise<void> {
        const { client, conversation } = this.options;
        const events = client.events({
            conversation,
            signal: this.closing.signal,
            onConnection: (connection) => this.become({ connection }),
        });
        for await (const event of events) await this.take(event);
    }

    private async take(event: VaultEvent): Promise<void> {
        switch (event.type) {
            case "ready":
                await this.catchUp();
                break;
            case "reset":
                this.loaded = false;
                await this.catchUp();
                break;
            case "message":
                this.timeline.add(event.data);
                if (this.timeline.complete < event.data.seq) await this.fill();
                break;
            case "conversation.started":
            case "conversation.changed":
            case "conversation.ended":
                this.conversation = event.data;
                break;
        }
        this.show();
    }

    private async catchUp(): Promise<void> {
        const { client, conversation, history } = this.options;
        const { signal } = this.closing;
        this.conversation = await client.conversation(conversation, { signal });
        if (this.loaded) return this.fill();
        const page = await client.messages(
            conversation,
            { limit: history ?? 200, order: "desc" },
            { signal },
        );
        this.timeline.begin(page.messages);
        this.hasEarlier = page.has_more;
        this.loaded = true;
    }

    private async fill(): Promise<void> {
        const { client, conversation } = this.options;
        for await (const message of client.allMessages(conversation, this.timeline.complete, {
            signal: this.closing.signal,
        }))
            this.timeline.add(message);
    }

    private become(state: ViewState): void {
        this.state = state;
        this.show();
    }

    private show(): void {
        this.items = this.timeline.items(this.options.outbox.entries(this.options.conversation));
        this.listeners.forEach((listener) => listener());
    }
}
