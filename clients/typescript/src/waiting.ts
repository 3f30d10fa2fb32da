// How long to wait before the next try. Never less than the server asks for, and never all
// clients at once: a server that comes back is not met by all of them in the same instant.

export interface Pace {
    /** The first wait and the longest one, in milliseconds. */
    first: number;
    longest: number;
    random: () => number;
}

export const usualPace: Pace = { first: 500, longest: 30_000, random: Math.random };

/** `tries` have failed already, at least one. */
export function pause(tries: number, retryAfter: number | null, pace: Pace): number {
    const grown = Math.min(pace.longest, pace.first * 2 ** Math.min(tries - 1, 30));
    if (retryAfter === null) return grown * (0.5 + 0.5 * pace.random());
    return retryAfter + Math.min(grown, Math.max(250, retryAfter / 4)) * pace.random();
}

/** RFC 9110, 10.2.3: seconds, or a date. In milliseconds; null if it is neither. */
export function retryAfterOf(value: string | null, now: number = Date.now()): number | null {
    if (value === null) return null;
    if (/^\d+$/.test(value)) return Number(value) * 1000;
    const date = Date.parse(value);
    return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** Ends early, without an error, when the signal says so. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const done = () => {
            clearTimeout(timer);
            signal?.removeEventListener("abort", done);
            resolve();
        };
        const timer = setTimeout(done, Math.min(milliseconds, 2 ** 31 - 1));
        signal?.addEventListener("abort", done);
    });
}
