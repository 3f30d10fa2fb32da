// Follows a stream of events for as long as it is wanted, over any number of connections: each
// goes on where the last one ended, so that none is left out and none comes twice.

import { EventReader } from "./event_stream.js";
import type { RawEvent } from "./event_stream.js";
import { Problem, Unreachable } from "./problem.js";
import type { Transport } from "./transport.js";
import type { VaultEvent } from "./types.js";
import { pause, sleep } from "./waiting.js";

export type Connection = "open" | "waiting";

export interface FollowOptions {
    signal?: AbortSignal;
    /** The last id that was seen; without one the stream begins with what happens now. */
    lastEventId?: string;
    onConnection?: (connection: Connection) => void;
    /** Milliseconds without a byte after which the connection counts as dead. */
    silence?: number;
}

/** Throws a Problem when the server will not tell any more: 401, 403, 404. Ends with the signal. */
export async function* follow(
    transport: Transport,
    path: string,
    options: FollowOptions = {},
): AsyncGenerator<VaultEvent> {
    const { signal } = options;
    let place = options.lastEventId ?? "";
    let asked: number | null = null;
    for (let failures = 0; !signal?.aborted;) {
        const attempt = new Attempt(transport, path, place, options);
        try {
            for await (const event of attempt.events()) {
                failures = 0;
                options.onConnection?.("open");
                yield event;
            }
            ++failures;
        } catch (error) {
            if (signal?.aborted) return;
            if (!(error instanceof Unreachable) && !(error instanceof Problem && error.passes))
                throw error;
            ++failures;
            asked = error.retryAfter;
        } finally {
            attempt.stop();
            place = attempt.place;
        }
        if (signal?.aborted) return;
        options.onConnection?.("waiting");
        const wish =
            attempt.retry !== null && failures < 2
                ? Math.min(attempt.retry, transport.pace.longest)
                : null;
        await sleep(pause(Math.max(failures, 1), asked ?? wish, transport.pace), signal);
        asked = null;
    }
}

class Attempt {
    retry: number | null = null;
    private readonly stopper = new AbortController();
    private readonly reader: EventReader;
    private watchdog: ReturnType<typeof setTimeout> | undefined;
    private readonly forward = () => this.stopper.abort();

    constructor(
        private readonly transport: Transport,
        private readonly path: string,
        place: string,
        private readonly options: FollowOptions,
    ) {
        this.reader = new EventReader(place);
        options.signal?.addEventListener("abort", this.forward);
    }

    get place(): string {
        return this.reader.lastId;
    }

    stop(): void {
        clearTimeout(this.watchdog);
        this.options.signal?.removeEventListener("abort", this.forward);
        this.stopper.abort();
    }

    async *events(): AsyncGenerator<VaultEvent> {
        const headers: Record<string, string> = { Accept: "text/event-stream" };
        if (this.place) headers["Last-Event-ID"] = this.place;
        this.wind();
        const response = await this.transport.request("GET", this.path, {
            headers,
            signal: this.stopper.signal,
            endless: true,
        });
        if (
            !(response.headers.get("Content-Type") ?? "").startsWith("text/event-stream") ||
            !response.body
        )
            throw new Unreachable("the answer is no stream of events");
        const body = response.body.getReader();
        // Node's fetch may forget its signal once the answer has begun, so the body is told too.
        const leave = () => void body.cancel().catch(() => undefined);
        this.stopper.signal.addEventListener("abort", leave, { once: true });
        try {
            for (;;) {
                const { done, value } = await this.read(body);
                if (done) return;
                this.wind();
                for (const raw of this.reader.take(value)) {
                    this.retry = this.reader.retry;
                    if (raw.name === "end") return this.ended(raw);
                    yield eventOf(raw);
                }
            }
        } finally {
            await body.cancel().catch(() => undefined);
        }
    }

    private async read(body: ReadableStreamDefaultReader<Uint8Array>) {
        try {
            return await body.read();
        } catch (cause) {
            throw new Unreachable("the stream broke off", { cause });
        }
    }

    private ended(raw: RawEvent): void {
        this.retry = this.reader.retry;
        const reason = String((parsed(raw.data) as { reason?: unknown } | null)?.reason ?? "");
        const status = { "auth-required": 401, forbidden: 403, "not-found": 404 }[reason];
        if (status)
            throw new Problem(
                {
                    title: "The stream has ended",
                    detail: `the stream has ended: ${reason}`,
                    code: reason,
                },
                status,
            );
    }

    private wind(): void {
        clearTimeout(this.watchdog);
        this.watchdog = setTimeout(() => this.stopper.abort(), this.options.silence ?? 45_000);
    }
}

const known = new Set([
    "ready",
    "message",
    "conversation.started",
    "conversation.changed",
    "conversation.ended",
    "reset",
]);

function eventOf(raw: RawEvent): VaultEvent {
    const data = parsed(raw.data);
    if (known.has(raw.name)) return { type: raw.name, id: raw.id, data } as VaultEvent;
    return { type: "other", name: raw.name, id: raw.id, data };
}

function parsed(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return null;
    }
}
