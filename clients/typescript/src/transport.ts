// One HTTP request and what became of it. A request that may be repeated is, a few times; whoever
// wants more patience than that (the outbox) asks for none of it here.

import { Problem, Unreachable } from "./problem.js";
import { pause, retryAfterOf, sleep, usualPace } from "./waiting.js";
import type { Pace } from "./waiting.js";

export type Token = string | (() => string | null | Promise<string | null>);

export interface TransportOptions {
    /** Where the gateway is, such as https://vault.example; "" is the page's own origin. */
    url: string;
    /** Sent as `Authorization: Bearer`. Without one the cookie `vvault_session` is relied on. */
    token?: Token | null;
    fetch?: typeof fetch;
    /** Milliseconds until a request counts as lost. */
    timeout?: number;
    /** How often a request that may be repeated is tried again. */
    retries?: number;
    pace?: Partial<Pace>;
}

export interface RequestOptions {
    body?: BodyInit | undefined;
    headers?: Record<string, string>;
    signal?: AbortSignal | undefined;
    /** Is a second time the same as once? */
    repeatable?: boolean;
    retries?: number | undefined;
    /** For streams: no limit of time. */
    endless?: boolean;
}

export class Transport {
    readonly pace: Pace;
    private token: Token | null;
    private readonly base: string;
    private readonly fetch: typeof fetch;
    private readonly timeout: number;
    private readonly retries: number;

    constructor(options: TransportOptions) {
        this.base = options.url.replace(/\/+$/, "");
        this.token = options.token ?? null;
        this.fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
        this.timeout = options.timeout ?? 30_000;
        this.retries = options.retries ?? 3;
        this.pace = { ...usualPace, ...options.pace };
    }

    setToken(token: Token | null): void {
        this.token = token;
    }

    /** `read` takes what is wanted from the answer: if that breaks off, it is one more lost answer. */
    async request<T = Response>(
        method: string,
        path: string,
        options: RequestOptions = {},
        read: (response: Response) => T | Promise<T> = (response) => response as T,
    ): Promise<T> {
        const retries = options.repeatable ? (options.retries ?? this.retries) : 0;
        for (let tries = 1; ; ++tries) {
            const limits = new Limits(options.signal, options.endless ? null : this.timeout);
            try {
                return await limits.of(this.once(method, path, options, limits.signal).then(read));
            } catch (error) {
                const passes =
                    error instanceof Unreachable || (error instanceof Problem && error.passes);
                if (!passes || tries > retries || options.signal?.aborted) throw error;
                await sleep(pause(tries, error.retryAfter, this.pace), options.signal);
                options.signal?.throwIfAborted();
            } finally {
                // A stream goes on behind this, for as long as the caller's signal lets it.
                if (!options.endless) limits.end();
            }
        }
    }

    /** The answer's JSON. Something else under a good status is not the vault's answer. */
    async json<T>(
        method: string,
        path: string,
        options: RequestOptions & { send?: unknown } = {},
    ): Promise<T> {
        const { send, ...rest } = options;
        if (send !== undefined) {
            rest.body = JSON.stringify(send);
            rest.headers = { "Content-Type": "application/json", ...rest.headers };
        }
        return this.request(method, path, rest, async (response) => {
            if (!mediaType(response).endsWith("json"))
                throw new Unreachable(
                    `the answer is not the vault's: ${mediaType(response) || "no type"}`,
                );
            return whole(response.json() as Promise<T>);
        });
    }

    private async once(
        method: string,
        path: string,
        options: RequestOptions,
        signal: AbortSignal,
    ): Promise<Response> {
        const headers: Record<string, string> = {
            Accept: "application/json, */*;q=0.5",
            ...options.headers,
        };
        const token = typeof this.token === "function" ? await this.token() : this.token;
        if (token) headers["Authorization"] = `Bearer ${token}`;
        let response: Response;
        try {
            response = await this.fetch(this.base + path, {
                method,
                headers,
                body: options.body ?? null,
                signal,
                credentials: token ? "omit" : "include",
                cache: "no-store",
                redirect: "error",
            });
        } catch (cause) {
            options.signal?.throwIfAborted();
            throw new Unreachable("the vault does not answer", { cause });
        }
        if (!response.ok) throw await refusal(response);
        return response;
    }
}

async function refusal(response: Response): Promise<Error> {
    const retryAfter = retryAfterOf(response.headers.get("Retry-After"));
    if (mediaType(response) === "application/problem+json") {
        const body: unknown = await response.json().catch(() => null);
        if (typeof body === "object" && body !== null)
            return new Problem(body as Record<string, unknown>, response.status, retryAfter);
    }
    await response.body?.cancel().catch(() => undefined);
    return new Unreachable(`something before the vault has answered ${response.status}`, {
        retryAfter,
    });
}

/** The body of an answer, which may end in the middle. */
export async function whole<T>(body: Promise<T>): Promise<T> {
    try {
        return await body;
    } catch (cause) {
        throw new Unreachable("the answer ended in the middle", { cause });
    }
}

function mediaType(response: Response): string {
    return (response.headers.get("Content-Type") ?? "").split(";")[0]!.trim().toLowerCase();
}

/** The caller's signal and a limit of time in one. AbortSignal.any would do, but is too young. */
class Limits {
    private readonly either = new AbortController();
    private readonly timer: ReturnType<typeof setTimeout> | undefined;
    private readonly forward = () => this.either.abort(this.outer?.reason);

    constructor(
        private readonly outer: AbortSignal | undefined,
        milliseconds: number | null,
    ) {
        if (outer?.aborted) this.forward();
        outer?.addEventListener("abort", this.forward);
        if (milliseconds !== null)
            this.timer = setTimeout(() => this.either.abort(new Error("timeout")), milliseconds);
    }

    get signal(): AbortSignal {
        return this.either.signal;
    }

    /** Node's fetch may forget its signal once the answer has begun: nobody waits for it longer. */
    of<T>(work: Promise<T>): Promise<T> {
        return new Promise((resolve, reject) => {
            const late = () =>
                reject(
                    this.outer?.aborted
                        ? this.outer.reason
                        : new Unreachable("the answer took too long"),
                );
            this.signal.addEventListener("abort", late, { once: true });
            work.then(resolve, reject).finally(() =>
                this.signal.removeEventListener("abort", late),
            );
        });
    }

    end(): void {
        clearTimeout(this.timer);
        this.outer?.removeEventListener("abort", this.forward);
    }
}
