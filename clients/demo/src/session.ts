// Who is signed in at this tab. The key lies in sessionStorage alone: it ends with the tab.

import { VaultClient } from "vvault-client";

export interface Session {
    /** Null: the browser's cookie is the sign-in. */
    token: string | null;
    userId: string;
    email: string;
}

const place = "vvault-session";

export function keptSession(): Session | null {
    try {
        return JSON.parse(sessionStorage.getItem(place) ?? "null") as Session | null;
    } catch {
        return null;
    }
}

/** Throws what the vault says against it. */
export async function signIn(token: string | null): Promise<Session> {
    const { user_id, email } = await clientOf(token).whoami();
    const session = { token, userId: user_id, email };
    sessionStorage.setItem(place, JSON.stringify(session));
    return session;
}

export async function signOut(session: Session): Promise<void> {
    sessionStorage.removeItem(place);
    if (session.token === null)
        await clientOf(null)
            .transport.request("POST", "/auth/logout", { body: "{}" })
            .catch(() => undefined);
}

export function clientOf(token: string | null): VaultClient {
    return new VaultClient({ url: "", token, pace: { first: 500, longest: 10_000 } });
}
