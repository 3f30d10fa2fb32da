// The vault that the Python side has started, and what can be done to it.
import { VaultClient } from "../../../clients/typescript/dist/index.js";

export const { VVAULT_URL: url, VVAULT_TOKEN: token } = process.env;

export function clientOf(given = token, more = {}) {
    return new VaultClient({ url, token: given, pace: { first: 20, longest: 200 }, ...more });
}

/** stop, start, kill, restart-database */
export async function control(word) {
    const answer = await fetch(`${process.env.VVAULT_CONTROL}/${word}`, { method: "POST" });
    if (!answer.ok) throw new Error(`${word}: ${answer.status}`);
    return answer.json();
}

/** A token of the same person, which can be taken away: { id, token }. */
export async function newToken() {
    return clientOf().transport.json("POST", "/tokens", { send: { name: "second" } });
}

export async function until(condition, what, milliseconds = 20_000) {
    for (const end = Date.now() + milliseconds; !(await condition());) {
        if (Date.now() > end) throw new Error(`waited for ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
}
