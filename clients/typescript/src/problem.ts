// The two ways in which a request fails: the vault has refused it (Problem), or nobody knows
// whether it arrived (Unreachable). What a proxy or a portal answers in the vault's stead is the
// second, whatever its status says: only problem+json (RFC 9457) is the vault's own word.

export class Problem extends Error {
    override readonly name = "Problem";
    readonly status: number;
    readonly type: string;
    readonly title: string;
    readonly detail: string;
    /** The SQLSTATE, or a name in capitals. */
    readonly code: string;
    readonly requestId: string | null;
    /** What Retry-After asks for, in milliseconds. */
    readonly retryAfter: number | null;

    constructor(body: Record<string, unknown>, status: number, retryAfter: number | null = null) {
        const text = (name: string) =>
            typeof body[name] === "string" ? (body[name] as string) : "";
        super(text("detail") || text("title") || `status ${status}`);
        this.status = status;
        this.type = text("type") || "about:blank";
        this.title = text("title");
        this.detail = text("detail");
        this.code = text("code");
        this.requestId = text("request_id") || null;
        this.retryAfter = retryAfter;
    }

    /** Would the same request be answered otherwise at another time? */
    get passes(): boolean {
        return this.status >= 500
            ? this.status !== 501 && this.status !== 505
            : [408, 425, 429].includes(this.status);
    }

    /** The token is missing, over or revoked: only a new one helps. */
    get wantsToken(): boolean {
        return this.status === 401;
    }
}

export class Unreachable extends Error {
    override readonly name = "Unreachable";
    readonly retryAfter: number | null;

    constructor(why: string, options: { cause?: unknown; retryAfter?: number | null } = {}) {
        super(why, { cause: options.cause });
        this.retryAfter = options.retryAfter ?? null;
    }
}

/** The place where unsent messages are kept cannot keep one more. */
export class StorageProblem extends Error {
    override readonly name = "StorageProblem";

    constructor(
        readonly reason: "full" | "blocked" | "failed",
        cause: unknown,
    ) {
        super(
            {
                full: "there is no room left to keep the message",
                blocked: "this browser or user does not allow messages to be kept",
                failed: "the message could not be kept",
            }[reason],
            { cause },
        );
    }
}
