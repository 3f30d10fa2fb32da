// The one ordered list that a conversation is shown as: what the vault has stored, by seq, and
// behind it what is still on its way. A message is in it once, however often it was heard of.

import type { Entry } from "./store.js";
import type { Message } from "./types.js";

export interface Item {
    /** Stays the same when a pending message becomes a stored one. */
    key: string;
    state: "stored" | "pending" | "failed";
    role: string;
    content: string;
    timestamp: string;
    seq: number | null;
    clientId: string | null;
    /** Why it was refused. */
    reason: string | null;
    message: Message | null;
}

export class Timeline {
    private readonly bySeq = new Map<number, Message>();
    private readonly clientIds = new Set<string>();

    /** The seq up to which nothing is missing, from where the list begins. */
    complete = 0;

    /** Begins anew with the last messages of the conversation. */
    begin(messages: Message[]): void {
        this.bySeq.clear();
        this.clientIds.clear();
        this.complete =
            messages.length === 0 ? 0 : Math.min(...messages.map((message) => message.seq)) - 1;
        messages.forEach((message) => this.add(message));
    }

    add(message: Message): void {
        if (this.bySeq.has(message.seq)) return;
        this.bySeq.set(message.seq, message);
        if (message.client_id !== null) this.clientIds.add(message.client_id);
        while (this.bySeq.has(this.complete + 1)) ++this.complete;
    }

    get first(): number | null {
        return this.bySeq.size === 0 ? null : Math.min(...this.bySeq.keys());
    }

    items(entries: Entry[]): Item[] {
        const stored = [...this.bySeq.values()].sort((a, b) => a.seq - b.seq).map(itemOf);
        return stored.concat(
            entries
                .filter((entry) => !this.clientIds.has(entry.message.client_id))
                .map(pendingItem),
        );
    }
}

function itemOf(message: Message): Item {
    return {
        key: message.client_id ?? message.id,
        state: "stored",
        role: message.role,
        content: message.content,
        timestamp: message.timestamp ?? message.created_at ?? "",
        seq: message.seq,
        clientId: message.client_id,
        reason: null,
        message,
    };
}

function pendingItem({ message, refusal }: Entry): Item {
    return {
        key: message.client_id,
        state: refusal ? "failed" : "pending",
        role: message.role,
        content: message.content,
        timestamp: message.timestamp,
        seq: null,
        clientId: message.client_id,
        reason: refusal?.reason ?? null,
        message: null,
    };
}
