// A key typed in, or the cookie that the browser has already.

import { useState } from "react";
import type { FormEvent } from "react";
import { Problem } from "vvault-client";
import { signIn } from "./session.js";
import type { Session } from "./session.js";

export function SignIn({
    notice,
    onSession,
}: {
    notice: string;
    onSession: (session: Session) => void;
}) {
    const [key, setKey] = useState("");
    const [trouble, setTrouble] = useState(notice);
    const [busy, setBusy] = useState(false);

    const enter = async (token: string | null) => {
        setBusy(true);
        try {
            onSession(await signIn(token));
        } catch (error) {
            setTrouble(
                error instanceof Problem && error.wantsToken
                    ? token === null
                        ? "This browser is not signed in."
                        : "The vault does not know this key."
                    : `The vault cannot be asked: ${(error as Error).message}.`,
            );
            setBusy(false);
        }
    };
    const submit = (event: FormEvent) => {
        event.preventDefault();
        void enter(key.trim());
    };
    return (
        <main className="sign-in">
            <h1>VVAULT</h1>
            <p>Your conversations, kept in your own vault.</p>
            <form onSubmit={submit}>
                <label htmlFor="key">API key</label>
                <input
                    id="key"
                    type="password"
                    autoComplete="off"
                    spellCheck={false}
                    required
                    value={key}
                    placeholder="vv_live_…"
                    onChange={(event) => setKey(event.target.value)}
                />
                <button className="primary" disabled={busy || key.trim() === ""}>
                    Sign in
                </button>
                <button type="button" disabled={busy} onClick={() => void enter(null)}>
                    Go on with this browser’s session
                </button>
            </form>
            <p role="alert">{trouble}</p>
        </main>
    );
}
