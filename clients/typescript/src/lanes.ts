// Sends what an outbox holds: each conversation is a lane of its own, and in a lane nothing
// overtakes. What holds up the whole vault (it is away, it is busy, it wants fewer requests) holds
// up all lanes; what only one message runs into holds up its lane, and not for ever.

import type { VaultClient } from "./client.js";
import { Problem, Unreachable } from "./problem.js";
import type { Entry, Refusal } from "./store.js";
import type { Message } from "./types.js";
import { pause } from "./waiting.js";

export type LaneOutcome =
    { kind: "stored"; message: Message } | { kind: "refused"; refusal: Refusal };

export interface Round {
    /** Milliseconds until the next round makes sense; 0: at once. */
    pause: number;
    /** The server has asked for this pause: nothing shortens it. */
    asked: boolean;
    reason: string;
    /** Why the token was not accepted; null if it was. */
    signedOut: string | null;
}

type Settle = (entry: Entry, outcome: LaneOutcome) => Promise<void>;

// Unreachable, or one of these, says nothing about the message that met it.
const aboutTheVault = new Set([408, 425, 429, 502, 503]);

export class LaneSender {
    private outages = 0;
    private readonly troubles = new Map<string, { tries: number; until: number }>();

    constructor(
        private readonly client: VaultClient,
        private readonly patience: number,
    ) {}

    forget(): void {
        this.outages = 0;
        this.troubles.clear();
    }

    async round(entries: Entry[], signal: AbortSignal, settle: Settle): Promise<Round> {
        const stopped = new Set<string>();
        const round: Round = { pause: 0, asked: false, reason: "", signedOut: null };
        for (const entry of entries) {
            if (signal.aborted) break;
            if (entry.refusal !== null || stopped.has(entry.conversation)) continue;
            const rest = (this.troubles.get(entry.message.client_id)?.until ?? 0) - Date.now();
            if (rest > 0) {
                this.hold(entry, rest, stopped, round);
                continue;
            }
            try {
                const message = await this.client.append(entry.conversation, entry.message, {
                    signal,
                    retries: 0,
                });
                this.outages = 0;
                this.troubles.delete(entry.message.client_id);
                await settle(entry, { kind: "stored", message });
            } catch (error) {
                if (signal.aborted) break;
                if (!(error instanceof Problem) && !(error instanceof Unreachable)) throw error;
                round.reason = error.message;
                if (error instanceof Problem && error.wantsToken)
                    return { ...round, signedOut: error.message };
                if (error instanceof Unreachable || aboutTheVault.has(error.status))
                    return this.outage(error, round);
                if (error.passes && this.mayTryAgain(entry, error)) {
                    this.hold(
                        entry,
                        this.troubles.get(entry.message.client_id)!.until - Date.now(),
                        stopped,
                        round,
                    );
                    continue;
                }
                this.troubles.delete(entry.message.client_id);
                await settle(entry, { kind: "refused", refusal: refusalOf(error) });
            }
        }
        return round;
    }

    private outage(error: Problem | Unreachable, round: Round): Round {
        const { pace } = this.client.transport;
        return {
            ...round,
            pause: pause(++this.outages, error.retryAfter, pace),
            asked: error.retryAfter !== null,
        };
    }

    private mayTryAgain(entry: Entry, problem: Problem): boolean {
        const tries = (this.troubles.get(entry.message.client_id)?.tries ?? 0) + 1;
        const until = Date.now() + pause(tries, problem.retryAfter, this.client.transport.pace);
        this.troubles.set(entry.message.client_id, { tries, until });
        return tries < this.patience;
    }

    private hold(entry: Entry, milliseconds: number, stopped: Set<string>, round: Round): void {
        stopped.add(entry.conversation);
        round.pause = round.pause === 0 ? milliseconds : Math.min(round.pause, milliseconds);
    }
}

function refusalOf(problem: Problem): Refusal {
    return { status: problem.status, code: problem.code, reason: problem.message };
}
